// `twinpool verify`: compares what two running Regions hold of a user pool, and names the first record that differs.
import { defineCommand } from 'citty'
import { regionName } from '../region/configuration.ts'
import { CliFailure } from './cli-failure.ts'
import { callOperator, dataFlag, operatorOptions, poolFlag, regionFlag } from './operator-commands.ts'
import { readOptions } from './options.ts'

const declared = {
  data: dataFlag,
  pool: poolFlag,
  region: regionFlag('One Region'),
  with: regionFlag('The other'),
} as const

type Part = {
  readonly ComparedCount: number
  readonly Difference?: {
    readonly Collection: string
    readonly Key: string
    readonly VersionHere?: number
    readonly VersionThere?: number
  }
  readonly NextToken?: string
}

export const verify = defineCommand({
  meta: { name: 'verify', description: 'Compare what two Regions hold of a user pool' },
  args: declared,
  run: async (context) => {
    const given = readOptions(operatorOptions.extend({ with: regionName }), context, declared)
    let comparedCount = 0
    let part: Part | undefined
    while (part === undefined || part.NextToken !== undefined) {
      part = (await callOperator(given, 'CompareUserPoolReplica', {
        UserPoolId: given.pool,
        RegionName: given.with,
        ...(part?.NextToken === undefined ? {} : { NextToken: part.NextToken }),
      })) as Part
      comparedCount += part.ComparedCount
      if (part.Difference === undefined) continue
      const { Collection, Key, VersionHere, VersionThere } = part.Difference
      throw new CliFailure(
        `${given.region} and ${given.with} differ after ${comparedCount} equal records: ${Collection} ${Key} ` +
          `is ${VersionHere === undefined ? 'absent' : `version ${VersionHere}`} in ${given.region} and ` +
          `${VersionThere === undefined ? 'absent' : `version ${VersionThere}`} in ${given.with}.`,
      )
    }
    console.log(
      JSON.stringify({ pool: given.pool, regions: [given.region, given.with], equal: comparedCount }),
    )
  },
})
