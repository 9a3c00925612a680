// The operations that a grant on a key can name, by what the key is for ("Grants in AWS KMS", KMS Developer Guide).
import type { GrantOperation, KeyUsageType } from '@aws-sdk/client-kms'
import { isSymmetricEncryption, type KeyPurpose, usageOf } from './key-specs.ts'

const ofAll: readonly GrantOperation[] = ['CreateGrant', 'DescribeKey', 'RetireGrant']
const ofEncryption: readonly GrantOperation[] = ['Decrypt', 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo']

const ofSymmetricEncryption: readonly GrantOperation[] = [
  ...ofEncryption,
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
]

const byUsage: Readonly<Record<KeyUsageType, readonly GrantOperation[]>> = {
  ENCRYPT_DECRYPT: [...ofEncryption, 'GetPublicKey'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: ['Encapsulate', 'Decapsulate', 'GetPublicKey'],
}

export const grantOperationsOf = (key: KeyPurpose): ReadonlySet<GrantOperation> =>
  new Set([...ofAll, ...(isSymmetricEncryption(key) ? ofSymmetricEncryption : byUsage[usageOf(key)])])
