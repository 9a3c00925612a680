// The Region's own endpoints under /_twinpool: health, metrics, where a pool is, how replicas follow, and the development inbox.
import { timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Vault } from '../vault/vault.ts'
import { locate } from './locate.ts'

/** What only the lead node of a Region knows or does. */
export const replicasPath = '/_twinpool/replicas'
export const recopyPath = '/_twinpool/recopy'

export type OperatorAppOptions = {
  readonly region: string
  readonly routerToken: string
  readonly vault: Vault
  readonly metrics: Metrics
  readonly readInbox: (destination: string | undefined) => Promise<readonly object[]>
  /** How this Region's replicas follow, and how far the replicas of its primaries are behind. */
  readonly replicationStatus: () => Promise<object>
  /** Drops and copies anew what this Region has of the pool; false when it follows no such pool. */
  readonly recopy: (poolId: string) => boolean
}

const isToken = (given: string | undefined, expected: string): boolean => {
  const left = Buffer.from(given ?? '')
  const right = Buffer.from(`Bearer ${expected}`)
  return left.length === right.length && timingSafeEqual(left, right)
}

export const createOperatorApp = (options: OperatorAppOptions): Hono => {
  const app = new Hono()
  app.get('/_twinpool/health', (context) => context.json({ region: options.region, status: 'ok' }))
  app.get('/_twinpool/metrics', async (context) =>
    context.text(await options.metrics.render(), 200, { 'content-type': options.metrics.contentType }),
  )
  app.use('/_twinpool/*', async (context, next) => {
    if (isToken(context.req.header('authorization'), options.routerToken)) return next()
    return context.json({ message: 'This endpoint is for the parts of this deployment.' }, 403)
  })
  app.get('/_twinpool/locate', async (context) => {
    const { pool, client, domain } = context.req.query()
    const location = await locate({ pool, client, domain }, options.vault)
    return location === undefined
      ? context.json({ message: 'There is no such user pool here.' }, 404)
      : context.json(location)
  })
  app.get('/_twinpool/inbox', async (context) =>
    context.json(await options.readInbox(context.req.query('destination'))),
  )
  app.get(replicasPath, async (context) => context.json(await options.replicationStatus()))
  app.post(recopyPath, (context) => {
    const poolId = context.req.query('pool') ?? ''
    if (options.recopy(poolId)) return context.json({ poolId })
    return context.json({ message: `This Region follows no user pool ${poolId}.` }, 404)
  })
  return app
}
