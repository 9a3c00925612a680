// DeleteUserPoolClientSecret: one of two secrets stops being good; the last one stays.
import { Fault } from '../../../wire/fault.ts'
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { appClients } from '../../records/app-client.ts'

export const deleteUserPoolClientSecret = operation({
  name: 'DeleteUserPoolClientSecret',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const stored = await readClient(pool, input.ClientId)
    const { secrets } = stored.value
    const left = secrets.filter(({ secretId }) => secretId !== input.ClientSecretId)
    if (left.length === secrets.length)
      throw new Fault('ResourceNotFoundException', `Client secret ${input.ClientSecretId} does not exist.`)
    if (left.length === 0)
      throw new Fault('InvalidParameterException', 'The last secret of an app client can not be deleted.')
    await pool.records.commit((changes) =>
      changes.replace(appClients, stored, { ...stored.value, modifiedAtMs: clock.now(), secrets: left }),
    )
    return {}
  },
})
