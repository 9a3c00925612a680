// DeleteUserPoolClient: from the next request on nobody signs in with this client; its look and terms go with it.
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { appClients } from '../../records/app-client.ts'
import { brandings, termsDocuments, uiCustomizations } from '../../records/branding.ts'

/** The kinds of terms that a client can have. */
const termsNames = ['terms-of-use', 'privacy-policy'] as const

export const deleteUserPoolClient = operation({
  name: 'DeleteUserPoolClient',
  runs: 'primary',
  handle: async (input, { pool: { records } }) => {
    const stored = await readClient({ records }, input.ClientId)
    const { clientId } = stored.value
    const [look, branding, ...terms] = await Promise.all([
      records.get(uiCustomizations, clientId),
      records.get(brandings, clientId),
      ...termsNames.map((name) => records.get(termsDocuments, `${clientId}\n${name}`)),
    ])
    await records.commit((changes) => {
      changes.delete(appClients, stored)
      if (look !== undefined) changes.delete(uiCustomizations, look)
      if (branding !== undefined) changes.delete(brandings, branding)
      for (const one of terms) if (one !== undefined) changes.delete(termsDocuments, one)
    })
    return {}
  },
})
