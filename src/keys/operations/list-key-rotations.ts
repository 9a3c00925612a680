// ListKeyRotations: the materials of a key, when each began to encrypt, and whether imported ones are there.
import type { KeyMaterialState, RotationsListEntry } from '@aws-sdk/client-kms'
import { isImportedEverywhere } from '../imported-everywhere.ts'
import { currentMaterial, isPresent, type KeyMaterial } from '../key-material.ts'
import { findKey, type KeyContext, keyArnOf, keyOperation } from '../key-operation.ts'
import type { KeyRecord } from '../key-records.ts'
import { pageOf, placeOfNumber } from '../pages.ts'
import { requireRotatingKind } from '../rotation-rules.ts'

const importOf = (
  material: KeyMaterial,
  nowMs: number,
): Pick<RotationsListEntry, 'ImportState' | 'KeyMaterialDescription' | 'ExpirationModel' | 'ValidTo'> => {
  const { imported } = material
  const description =
    imported?.description === undefined ? {} : { KeyMaterialDescription: imported.description }
  if (!isPresent(material, nowMs)) return { ImportState: 'PENDING_IMPORT', ...description }
  const expiry =
    imported?.validToMs === undefined
      ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' as const }
      : { ExpirationModel: 'KEY_MATERIAL_EXPIRES' as const, ValidTo: new Date(imported.validToMs) }
  return { ImportState: 'IMPORTED', ...description, ...expiry }
}

const stateOf = (key: KeyRecord, material: KeyMaterial, context: KeyContext): KeyMaterialState => {
  if (material.waiting === undefined)
    return currentMaterial(key)?.id === material.id ? 'CURRENT' : 'NON_CURRENT'
  const isMissing = key.origin === 'EXTERNAL' && !isImportedEverywhere(key, material, context)
  return isMissing && key.multiRegion !== undefined
    ? 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'
    : 'PENDING_ROTATION'
}

const entryOf = (key: KeyRecord, material: KeyMaterial, context: KeyContext): RotationsListEntry => ({
  KeyId: keyArnOf(key.keyId, context),
  KeyMaterialId: material.id,
  KeyMaterialState: stateOf(key, material, context),
  ...(material.rotated === undefined
    ? {}
    : { RotationDate: new Date(material.rotated.atMs), RotationType: material.rotated.type }),
  ...(key.origin === 'EXTERNAL' ? importOf(material, context.clock.now()) : {}),
})

export const listKeyRotations = keyOperation({
  name: 'ListKeyRotations',
  handle: async (input, context) => {
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:ListKeyRotations', context)
    requireRotatingKind(key, context)
    const shown =
      input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL'
        ? key.materials
        : key.materials.filter(({ rotated }) => rotated !== undefined)
    const { page, ...rest } = pageOf(shown, (_, index) => placeOfNumber(index), input, 100)
    return { Rotations: page.map((material) => entryOf(key, material, context)), ...rest }
  },
})
