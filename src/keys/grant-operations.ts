// The operations that a grant on a symmetric encryption key can name ("Grants in AWS KMS", KMS Developer Guide).
import type { GrantOperation } from '@aws-sdk/client-kms'

export const symmetricGrantOperations: ReadonlySet<GrantOperation> = new Set([
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
])
