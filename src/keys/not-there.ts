// What this key service does not have, as opposed to what a request gets wrong: HTTP 501, naming it.
import { Fault } from '../wire/fault.ts'

export const notThere = (what: string): Fault =>
  new Fault('UnsupportedOperationException', `${what} are not built into this key service.`, { status: 501 })

const keyStores =
  'this key service has no custom key stores: no HSM and no external key manager stands behind it'

/** Why an operation is not built; in the answer to who calls it, and in docs/reference/operations.md. */
export const whyKeyOperationIsNotBuilt: Readonly<Record<string, string>> = {
  CreateCustomKeyStore: keyStores,
  ConnectCustomKeyStore: keyStores,
  DeleteCustomKeyStore: keyStores,
  DisconnectCustomKeyStore: keyStores,
  UpdateCustomKeyStore: keyStores,
}
