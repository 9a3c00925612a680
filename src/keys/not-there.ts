// What this key service does not have, as opposed to what a request gets wrong: HTTP 501, naming it.
import { Fault } from '../wire/fault.ts'

export const notThere = (what: string): Fault =>
  new Fault('UnsupportedOperationException', `${what} are not there.`, { status: 501 })

const keyStores = 'custom key stores'

/** Operations that need what is not there, and what that is. */
export const absentFor: Readonly<Record<string, string>> = {
  CreateCustomKeyStore: keyStores,
  ConnectCustomKeyStore: keyStores,
  DeleteCustomKeyStore: keyStores,
  DescribeCustomKeyStores: keyStores,
  DisconnectCustomKeyStore: keyStores,
  UpdateCustomKeyStore: keyStores,
}
