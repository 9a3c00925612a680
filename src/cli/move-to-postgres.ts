// `twinpool move-to-postgres`: takes a stopped Region's data from its files into a PostgreSQL database.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { moveToPostgres } from '../store/postgres/move-store.ts'
import { StoreFailure, StoreLocked } from '../store/store-errors.ts'
import { systemClock } from '../telemetry/clock.ts'
import { CliFailure } from './cli-failure.ts'
import { readOptions } from './options.ts'
import { regionFolderFlags, regionFolderOptions, regionStoreFolder } from './region-folder.ts'

const variable = 'TWINPOOL_DATABASE_URL'

const declared = {
  ...regionFolderFlags,
  url: {
    type: 'string',
    description: `The database (default: ${variable}, which other users of the machine can’t see)`,
    valueHint: 'postgres://…',
  },
} as const

const options = regionFolderOptions.extend({
  url: z
    .url({ protocol: /^postgres(ql)?$/, error: 'a URL of PostgreSQL begins with postgres://' })
    .optional(),
})

export const moveToPostgresCommand = defineCommand({
  meta: { name: 'move-to-postgres', description: 'Move a stopped Region’s data into a PostgreSQL database' },
  args: declared,
  run: async (context) => {
    const given = readOptions(options, context, declared)
    const url = given.url ?? process.env[variable]
    if (url === undefined) throw new CliFailure(`Name the database with --url or in ${variable}.`, 'wrongUse')
    try {
      const moved = await moveToPostgres(regionStoreFolder(given), url, systemClock.now())
      console.log(JSON.stringify({ region: given.region, ...moved }))
    } catch (error) {
      if (error instanceof StoreFailure || error instanceof StoreLocked)
        throw new CliFailure(`${error.message}.`, 'failed', { cause: error })
      throw error
    }
  },
})
