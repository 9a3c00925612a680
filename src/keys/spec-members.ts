// How DescribeKey and GetPublicKey show a key's spec and algorithms.
import { CustomerMasterKeySpec, type KeyMetadata } from '@aws-sdk/client-kms'
import { type Algorithms, algorithmsOf, type KeyPurpose, specOf } from './key-specs.ts'

/** The older member knows the specs of its time; later ones are shown by the newer alone. */
const older = new Set<string>(Object.values(CustomerMasterKeySpec))

export const specMembers = (
  key: KeyPurpose,
): Pick<KeyMetadata, 'KeySpec' | 'CustomerMasterKeySpec'> & Algorithms => {
  const spec = specOf(key)
  return {
    ...(older.has(spec) ? { CustomerMasterKeySpec: spec as CustomerMasterKeySpec } : {}),
    KeySpec: spec,
    ...algorithmsOf(key),
  }
}
