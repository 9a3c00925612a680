// `twinpool region`: one Region in this process. `start` runs it; so does an operator with a machine for each Region.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { regionConfiguration } from '../region/configuration.ts'
import { startRegion } from '../region/start-region.ts'
import { readConfiguration } from './configuration-file.ts'
import { readOptions } from './options.ts'
import { serveUntilStopped } from './served-process.ts'

const declared = {
  configuration: {
    type: 'string',
    required: true,
    description: 'File with the Region’s configuration (JSON)',
  },
} as const

export const region = defineCommand({
  meta: { name: 'region', description: 'Run one Region' },
  args: declared,
  run: async (context) => {
    const { configuration } = readOptions(z.object({ configuration: z.string() }), context, declared)
    await serveUntilStopped(() => startRegion(readConfiguration(regionConfiguration, configuration)))
  },
})
