// Where a Region's data lies inside a deployment's data folder, for commands that work on it.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { regionName } from '../region/configuration.ts'
import { CliFailure } from './cli-failure.ts'

export const regionFolderFlags = {
  data: {
    type: 'string',
    description: 'Data folder of the deployment',
    default: './data',
    valueHint: 'folder',
  },
  region: { type: 'string', required: true, description: 'The Region', valueHint: 'us-east-1' },
} as const

export const regionFolderOptions = z.object({ data: z.string().min(1), region: regionName })

/** Throws CliFailure when the data folder has no such Region. */
export const regionStoreFolder = ({ data, region }: z.infer<typeof regionFolderOptions>): string => {
  const folder = resolve(data, region)
  if (!existsSync(folder)) throw new CliFailure(`There is no Region ${region} in ${resolve(data)}.`)
  return join(folder, 'store')
}
