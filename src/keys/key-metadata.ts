// KeyMetadata as DescribeKey shows it, made from a key's record.
import type { KeyMetadata, KeyState } from '@aws-sdk/client-kms'
import { currentMaterial, isPendingImport } from './key-material.ts'
import { type KeyContext, keyArnOf } from './key-operation.ts'
import type { KeyRecord } from './key-records.ts'
import { isSymmetricEncryption, usageOf } from './key-specs.ts'
import { specMembers } from './spec-members.ts'

/** DescribeKey shows when the current material expires, if it does. */
const expiryOf = ({ origin, materials }: KeyRecord): Pick<KeyMetadata, 'ExpirationModel' | 'ValidTo'> => {
  const current = currentMaterial({ materials })
  if (origin !== 'EXTERNAL' || current?.bytes === undefined) return {}
  const validToMs = current.imported?.validToMs
  return validToMs === undefined
    ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
    : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date(validToMs) }
}

const stateOf = (key: KeyRecord, nowMs: number): KeyState => {
  if (key.deletion !== undefined)
    return key.deletion.atMs === undefined ? 'PendingReplicaDeletion' : 'PendingDeletion'
  if (isPendingImport(key, nowMs)) return 'PendingImport'
  return key.isEnabled ? 'Enabled' : 'Disabled'
}

export const keyMetadata = (
  key: KeyRecord,
  context: Pick<KeyContext, 'region' | 'account' | 'clock'>,
): KeyMetadata => {
  const { multiRegion, deletion } = key
  const state = stateOf(key, context.clock.now())
  const current = currentMaterial(key)
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
    KeyUsage: usageOf(key),
    KeyState: state,
    ...(deletion?.atMs === undefined ? {} : { DeletionDate: new Date(deletion.atMs) }),
    ...(state === 'PendingReplicaDeletion' ? { PendingDeletionWindowInDays: deletion?.windowDays } : {}),
    Origin: key.origin,
    ...expiryOf(key),
    ...(current === undefined || !isSymmetricEncryption(key) ? {} : { CurrentKeyMaterialId: current.id }),
    KeyManager: 'CUSTOMER',
    ...specMembers(key),
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
