// `twinpool recopy`: a replica that holds what its primary never had drops its data and is copied anew.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { regionName } from '../region/configuration.ts'
import { CliFailure } from './cli-failure.ts'
import { operatorCaller } from './operator-call.ts'
import { readOptions } from './options.ts'

const declared = {
  data: {
    type: 'string',
    description: 'Data folder of the deployment',
    default: './data',
    valueHint: 'folder',
  },
  pool: { type: 'string', required: true, description: 'The user pool', valueHint: 'us-east-1_Ab12Cd34E' },
  region: {
    type: 'string',
    required: true,
    description: 'The Region whose replica is copied anew',
    valueHint: 'us-west-2',
  },
} as const

const options = z.object({ data: z.string().min(1), pool: z.string().min(1), region: regionName })

export const recopy = defineCommand({
  meta: { name: 'recopy', description: 'Copy a replica of a user pool anew from its primary' },
  args: declared,
  run: async (context) => {
    const { data, pool, region } = readOptions(options, context, declared)
    const path = `/_twinpool/recopy?${new URLSearchParams({ pool }).toString()}`
    const { status } = await operatorCaller(data).call(region, 'POST', path)
    if (status !== 200) throw new CliFailure(`Region ${region} follows no user pool ${pool}.`)
    console.log(JSON.stringify({ pool, region, state: 'copying' }))
  },
})
