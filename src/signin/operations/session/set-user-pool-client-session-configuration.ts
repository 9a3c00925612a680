// SetUserPoolClientSessionConfiguration: says how long a client reuses a hosted sign-in.
import { operation } from '../../../directory/operation.ts'
import { readClient } from '../../../directory/read-client.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { type AppClient, appClients } from '../../../directory/records/app-client.ts'
import { Fault } from '../../../wire/fault.ts'
import {
  clientSessionConfiguration,
  defaultSsoMaxValidityMinutes,
  requireSessionsTier,
} from '../../session-configuration.ts'
import { isTracked } from '../../token-sessions.ts'

export const setUserPoolClientSessionConfiguration = operation({
  name: 'SetUserPoolClientSessionConfiguration',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const userPool = (await readPool(pool)).value
    const stored = await readClient(pool, input.ClientId)
    requireSessionsTier(userPool)
    if (!isTracked(userPool))
      throw new Fault('InvalidParameterException', 'Session tracking is not enabled for the user pool.')
    const changed: AppClient = {
      ...stored.value,
      modifiedAtMs: clock.now(),
      ssoMaxValidityMinutes: input.SSOSession?.MaxValidityMinutes ?? defaultSsoMaxValidityMinutes,
    }
    await pool.records.commit((changes) => changes.replace(appClients, stored, changed))
    return clientSessionConfiguration(pool.poolId, changed)
  },
})
