// The router put together: server, probes, and where pools are.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Logger } from '../telemetry/log.ts'
import { clientAddressBehind } from '../wire/client-address.ts'
import type { RouterConfiguration } from './configuration.ts'
import { createForwarder } from './forward.ts'
import { createPoolLocations } from './pool-locations.ts'
import { createRegionClient } from './region-client.ts'
import { createRegionHealth } from './region-health.ts'
import { createRouter } from './router.ts'

const serverLimits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 32 * 1024,
}
const connectionsMax = 10_000

export type RunningRouter = { readonly origin: string; readonly port: number; close(): Promise<void> }

/** Resolves when the router serves and has probed every Region once. Rejects when the port can't be had. */
export const startRouter = async (
  configuration: RouterConfiguration,
  log: Logger,
): Promise<RunningRouter> => {
  const { regions, tls } = configuration
  const authority = tls === undefined ? undefined : readFileSync(tls.authorityFile)
  const names = regions.map(({ name }) => name)
  const client = createRegionClient({ regions, routerToken: configuration.routerToken, authority })
  const now = (): number => Date.now()
  const health = createRegionHealth({
    regions: names,
    probe: client.probe,
    onChange: (region, isLiving) => {
      locations.clear()
      log.info({ region }, isLiving ? 'a Region answers' : 'a Region does not answer')
    },
    now,
  })
  const locations = createPoolLocations({
    livingRegions: () => names.filter(health.isLiving),
    locate: client.locate,
    onFailure: (region, error) =>
      log.warn({ region, err: error }, 'a Region did not say whether it has a pool'),
    now,
  })
  const forwarder = createForwarder(authority, clientAddressBehind(configuration.trustedProxies))
  const route = createRouter({
    regions,
    baseDomain: configuration.baseDomain,
    health,
    locations,
    forwarder,
    log,
  })
  const server: Server =
    tls === undefined
      ? createHttpServer(serverLimits, route)
      : createHttpsServer(
          { ...serverLimits, cert: readFileSync(tls.certificateFile), key: readFileSync(tls.keyFile) },
          route,
        )
  server.maxConnections = connectionsMax
  server.listen(configuration.port, configuration.host)
  await once(server, 'listening')
  await health.start()
  const address = server.address()
  return {
    origin: configuration.origin,
    port: typeof address === 'object' && address !== null ? address.port : configuration.port,
    close: async () => {
      health.stop()
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const patience = setTimeout(() => server.closeAllConnections(), 2_000)
      await closed
      clearTimeout(patience)
      forwarder.close()
      client.close()
    },
  }
}
