// ListUserPoolClientSecrets: IDs and dates of a client's secrets, never their values; both at once, so there are no pages.
import { describedSecret } from '../../client-description.ts'
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'

export const listUserPoolClientSecrets = operation({
  name: 'ListUserPoolClientSecrets',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { value } = await readClient(pool, input.ClientId)
    return { ClientSecrets: value.secrets.map(describedSecret) }
  },
})
