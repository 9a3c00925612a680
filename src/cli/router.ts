// `twinpool router`: the router in this process.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { routerConfiguration } from '../routing/configuration.ts'
import { startRouter } from '../routing/start-router.ts'
import { createLogger } from '../telemetry/log.ts'
import { readConfiguration } from './configuration-file.ts'
import { readOptions } from './options.ts'
import { serveUntilStopped } from './served-process.ts'

const declared = {
  configuration: {
    type: 'string',
    required: true,
    description: 'File with the router’s configuration (JSON)',
  },
} as const

export const router = defineCommand({
  meta: { name: 'router', description: 'Run the router: one URL for every Region' },
  args: declared,
  run: async (context) => {
    const { configuration } = readOptions(z.object({ configuration: z.string() }), context, declared)
    await serveUntilStopped(() => {
      const read = readConfiguration(routerConfiguration, configuration)
      return startRouter(read, createLogger({ level: read.logLevel }))
    })
  },
})
