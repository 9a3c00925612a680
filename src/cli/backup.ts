// `twinpool backup`: a copy of a Region's data while it serves.
import { resolve } from 'node:path'
import { defineCommand } from 'citty'
import { z } from 'zod'
import { backUpStore } from '../store/sqlite/backup.ts'
import { StoreFailure } from '../store/store-errors.ts'
import { CliFailure } from './cli-failure.ts'
import { readOptions } from './options.ts'
import { regionFolderFlags, regionFolderOptions, regionStoreFolder } from './region-folder.ts'

const declared = {
  ...regionFolderFlags,
  to: { type: 'string', required: true, description: 'The file to make', valueHint: 'file' },
} as const

export const backup = defineCommand({
  meta: { name: 'backup', description: 'Copy a Region’s data to a file while it serves' },
  args: declared,
  run: (context) => {
    const given = readOptions(regionFolderOptions.extend({ to: z.string().min(1) }), context, declared)
    try {
      const { records, streams } = backUpStore(regionStoreFolder(given), resolve(given.to))
      console.log(JSON.stringify({ file: resolve(given.to), region: given.region, records, pools: streams }))
    } catch (error) {
      if (error instanceof StoreFailure) throw new CliFailure(`${error.message}.`, 'failed', { cause: error })
      throw error
    }
  },
})
