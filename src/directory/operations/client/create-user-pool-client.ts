// CreateUserPoolClient: an app client, with a secret when it is asked for.
import { Fault } from '../../../wire/fault.ts'
import { describedClient } from '../../client-description.ts'
import { checkClientSettings } from '../../client-rules.ts'
import { makeClientId, makeClientSecret } from '../../client-secrets.ts'
import { settledClientSettings } from '../../client-settings.ts'
import { operation } from '../../operation.ts'
import { readSurroundings } from '../../read-client.ts'
import { type AppClient, appClients } from '../../records/app-client.ts'

/** App clients that a pool can have (developer guide, "Quotas"). */
const clientsMax = 1_000

export const createUserPoolClient = operation({
  name: 'CreateUserPoolClient',
  runs: 'primary',
  handle: async (input, { pool, clock, random }) => {
    if (input.GenerateSecret === true && input.ClientSecret !== undefined)
      throw new Fault(
        'InvalidParameterException',
        'ClientSecret can not be specified when GenerateSecret is true.',
      )
    const hasSecret = input.GenerateSecret === true || input.ClientSecret !== undefined
    checkClientSettings(input, await readSurroundings(pool, { hasSecret, verb: 'creating' }))
    if ((await pool.records.count(appClients)) >= clientsMax)
      throw new Fault('LimitExceededException', `A user pool can have at most ${clientsMax} app clients.`)

    const nowMs = clock.now()
    const clientId = makeClientId(random)
    const client: AppClient = {
      clientId,
      name: input.ClientName ?? '',
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
      secrets: hasSecret
        ? [makeClientSecret({ clientId, secrets: [] }, { random, nowMs, value: input.ClientSecret })]
        : [],
      settings: settledClientSettings(input),
    }
    await pool.records.commit((changes) => changes.create(appClients, client))
    return { UserPoolClient: describedClient(pool.poolId, client) }
  },
})
