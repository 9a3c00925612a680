// `twinpool restore`: puts a backup in the place of a Region's data, while the Region is stopped.
import { resolve } from 'node:path'
import { defineCommand } from 'citty'
import { z } from 'zod'
import { restoreStore } from '../store/sqlite/backup.ts'
import { StoreFailure, StoreLocked } from '../store/store-errors.ts'
import { systemClock } from '../telemetry/clock.ts'
import { CliFailure } from './cli-failure.ts'
import { readOptions } from './options.ts'
import { regionFolderFlags, regionFolderOptions, regionStoreFolder } from './region-folder.ts'

const declared = {
  ...regionFolderFlags,
  from: { type: 'string', required: true, description: 'The backup', valueHint: 'file' },
} as const

export const restore = defineCommand({
  meta: { name: 'restore', description: 'Put a backup in the place of a stopped Region’s data' },
  args: declared,
  run: (context) => {
    const given = readOptions(regionFolderOptions.extend({ from: z.string().min(1) }), context, declared)
    try {
      const folder = regionStoreFolder(given)
      const { records, streams } = restoreStore(resolve(given.from), folder, systemClock.now())
      console.log(JSON.stringify({ region: given.region, records, pools: streams }))
    } catch (error) {
      if (error instanceof StoreFailure || error instanceof StoreLocked)
        throw new CliFailure(`${error.message}.`, 'failed', { cause: error })
      throw error
    }
  },
})
