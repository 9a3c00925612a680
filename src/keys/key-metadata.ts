// KeyMetadata as DescribeKey shows it, made from a key's record.
import type { KeyMetadata, KeyState } from '@aws-sdk/client-kms'
import { type KeyContext, keyArnOf } from './key-operation.ts'
import type { KeyRecord } from './key-records.ts'

const stateOf = (key: KeyRecord): KeyState => {
  if (key.deletion !== undefined)
    return key.deletion.atMs === undefined ? 'PendingReplicaDeletion' : 'PendingDeletion'
  return key.isEnabled ? 'Enabled' : 'Disabled'
}

export const keyMetadata = (key: KeyRecord, context: Pick<KeyContext, 'region' | 'account'>): KeyMetadata => {
  const { multiRegion, deletion } = key
  const state = stateOf(key)
  const inRegion = (region: string) => ({
    Arn: keyArnOf(key.keyId, { region, account: context.account }),
    Region: region,
  })
  return {
    AWSAccountId: context.account,
    KeyId: key.keyId,
    Arn: keyArnOf(key.keyId, context),
    CreationDate: new Date(key.createdAtMs),
    Enabled: state === 'Enabled',
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: state,
    ...(deletion?.atMs === undefined ? {} : { DeletionDate: new Date(deletion.atMs) }),
    ...(state === 'PendingReplicaDeletion' ? { PendingDeletionWindowInDays: deletion?.windowDays } : {}),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: multiRegion !== undefined,
    ...(multiRegion === undefined
      ? {}
      : {
          MultiRegionConfiguration: {
            MultiRegionKeyType: multiRegion.primaryRegion === context.region ? 'PRIMARY' : 'REPLICA',
            PrimaryKey: inRegion(multiRegion.primaryRegion),
            ReplicaKeys: multiRegion.replicaRegions.map(inRegion),
          },
        }),
  }
}
