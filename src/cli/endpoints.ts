// Where a running deployment is reached: the line of JSON that `start` prints, kept in the data folder for `env`.
import { z } from 'zod'

export const deploymentEndpoints = z.object({
  router: z.string(),
  regions: z.record(z.string(), z.string()),
  account: z.string(),
  baseDomain: z.string().optional(),
  dataFolder: z.string(),
  /** PEM of the development authority, with TLS. */
  authorityFile: z.string().optional(),
})

export type DeploymentEndpoints = z.infer<typeof deploymentEndpoints>
