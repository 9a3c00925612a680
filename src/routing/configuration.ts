// What a router process is started with: a JSON file (mode 0600) that the supervisor or an operator writes.
import { z } from 'zod'
import { trustedProxies } from '../wire/client-address.ts'

const origin = z.url({ protocol: /^https?$/ })

export const routerConfiguration = z.object({
  host: z.string().min(1),
  port: z.int().min(0).max(65_535),
  /** The router's own origin as clients reach it. */
  origin,
  baseDomain: z.string().min(1).optional(),
  /** The Regions in the order in which they are tried when any of them will do. */
  regions: z.array(z.object({ name: z.string().min(1), origin })).min(1),
  /** Bearer token by which the router asks Regions where a pool is. */
  routerToken: z.string().min(1),
  /** Load balancers before the router, whose X-Forwarded-For says where a request comes from. */
  trustedProxies: trustedProxies.default([]),
  tls: z.object({ certificateFile: z.string(), keyFile: z.string(), authorityFile: z.string() }).optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export type RouterConfiguration = z.infer<typeof routerConfiguration>
