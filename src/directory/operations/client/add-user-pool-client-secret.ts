// AddUserPoolClientSecret: a second secret, so that an app can change over while both are good.
import { Fault } from '../../../wire/fault.ts'
import { describedSecret } from '../../client-description.ts'
import { clientSecretsMax, makeClientSecret } from '../../client-secrets.ts'
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { appClients } from '../../records/app-client.ts'

export const addUserPoolClientSecret = operation({
  name: 'AddUserPoolClientSecret',
  runs: 'primary',
  handle: async (input, { pool, clock, random }) => {
    const stored = await readClient(pool, input.ClientId)
    const { secrets } = stored.value
    if (secrets.length === 0)
      throw new Fault(
        'InvalidParameterException',
        'A secret can only be added to an app client that was created with one.',
      )
    if (secrets.length >= clientSecretsMax)
      throw new Fault(
        'LimitExceededException',
        `An app client can have at most ${clientSecretsMax} secrets. Delete one first.`,
      )
    if (secrets.some(({ secret }) => secret === input.ClientSecret))
      throw new Fault('InvalidParameterException', 'The app client has this secret already.')
    const nowMs = clock.now()
    const added = makeClientSecret(stored.value, { random, nowMs, value: input.ClientSecret })
    await pool.records.commit((changes) =>
      changes.replace(appClients, stored, {
        ...stored.value,
        modifiedAtMs: nowMs,
        secrets: [...secrets, added],
      }),
    )
    const isGenerated = input.ClientSecret === undefined
    return {
      ClientSecretDescriptor: {
        ...describedSecret(added),
        ...(isGenerated ? { ClientSecretValue: added.secret } : {}),
      },
    }
  },
})
