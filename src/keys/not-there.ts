// What this key service does not have, as opposed to what a request gets wrong: HTTP 501, naming it.
import { Fault } from '../wire/fault.ts'

export const notThere = (what: string): Fault =>
  new Fault(
    'UnsupportedOperationException',
    `${what} are not there: this key service has symmetric encryption keys (SYMMETRIC_DEFAULT, ENCRYPT_DECRYPT), made here or imported.`,
    { status: 501 },
  )

const asymmetric = 'asymmetric keys'
const hmac = 'HMAC keys'
const keyStores = 'custom key stores'

/** Operations that need what is not there, and what that is. */
export const absentFor: Readonly<Record<string, string>> = {
  Sign: asymmetric,
  Verify: asymmetric,
  GetPublicKey: asymmetric,
  DeriveSharedSecret: asymmetric,
  Encapsulate: asymmetric,
  Decapsulate: asymmetric,
  GenerateDataKeyPair: 'asymmetric data key pairs',
  GenerateDataKeyPairWithoutPlaintext: 'asymmetric data key pairs',
  GenerateMac: hmac,
  VerifyMac: hmac,
  CreateCustomKeyStore: keyStores,
  ConnectCustomKeyStore: keyStores,
  DeleteCustomKeyStore: keyStores,
  DescribeCustomKeyStores: keyStores,
  DisconnectCustomKeyStore: keyStores,
  UpdateCustomKeyStore: keyStores,
}
