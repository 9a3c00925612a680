// ImportKeyMaterial: the key's first material, the same again after it expired or was deleted, or one for the next rotation.
import type { ImportKeyMaterialRequest } from '@aws-sdk/client-kms'
import { Fault } from '../../wire/fault.ts'
import { openImported } from '../import-parameters.ts'
import { importedIn } from '../imported-everywhere.ts'
import { type KeyMaterial, materialIdOf, waitingMaterial } from '../key-material.ts'
import {
  findKey,
  type KeyContext,
  keyArnOf,
  keyOperation,
  requireNotPendingDeletion,
} from '../key-operation.ts'
import type { KeyRecord } from '../key-records.ts'
import { isSymmetricEncryption, specOf } from '../key-specs.ts'
import { tellReplicas, withShared } from '../related-keys.ts'
import { requireExternal } from '../require-external.ts'
import { isPrimaryHere } from '../rotations.ts'
import { fitsSpec } from '../spec-material.ts'

const lifetimeMaxMs = 365 * 86_400_000

const validToMsOf = (input: ImportKeyMaterialRequest, nowMs: number): number | undefined => {
  const { ExpirationModel = 'KEY_MATERIAL_EXPIRES', ValidTo } = input
  if (ExpirationModel === 'KEY_MATERIAL_DOES_NOT_EXPIRE') {
    if (ValidTo === undefined) return undefined
    throw new Fault('ValidationException', 'ValidTo must not be given when the key material does not expire.')
  }
  const validToMs = ValidTo?.getTime()
  if (validToMs === undefined)
    throw new Fault(
      'ValidationException',
      'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
    )
  if (validToMs <= nowMs || validToMs > nowMs + lifetimeMaxMs)
    throw new Fault('ValidationException', 'ValidTo must be in the future, and at most 365 days away.')
  return validToMs
}

/** Only symmetric encryption keys have more than one material, and so what tells them apart. */
const requireOfSymmetric = (key: KeyRecord, input: ImportKeyMaterialRequest): void => {
  const { ImportType, KeyMaterialDescription, KeyMaterialId } = input
  if (!isSymmetricEncryption(key) && (ImportType ?? KeyMaterialDescription ?? KeyMaterialId) !== undefined)
    throw new Fault(
      'ValidationException',
      'ImportType, KeyMaterialDescription and KeyMaterialId are for symmetric encryption keys.',
    )
  if (ImportType === 'NEW_KEY_MATERIAL' && KeyMaterialId !== undefined)
    throw new Fault('ValidationException', 'KeyMaterialId must not be given for new key material.')
}

const incorrect = (message: string): Fault => new Fault('IncorrectKeyMaterialException', message)

const descriptionOf = ({ imported }: KeyMaterial): { readonly description?: string } =>
  imported?.description === undefined ? {} : { description: imported.description }

/** The key's materials with the imported one in its place. */
const placed = (
  key: KeyRecord,
  material: KeyMaterial,
  importType: ImportKeyMaterialRequest['ImportType'],
  context: KeyContext,
): readonly KeyMaterial[] => {
  const arn = keyArnOf(key.keyId, context)
  const known = key.materials.find(({ id }) => id === material.id)
  if (known !== undefined) {
    if (importType === 'NEW_KEY_MATERIAL' && known.waiting === undefined)
      throw incorrect(`The key material is already one of ${arn}.`)
    // A description stays until another is given.
    const imported = { ...descriptionOf(known), ...material.imported }
    return key.materials.map((one) => (one.id === material.id ? { ...one, ...material, imported } : one))
  }
  if (key.materials.length === 0) {
    if (importType === 'EXISTING_KEY_MATERIAL' || !isPrimaryHere(key, context.region))
      throw incorrect(`${arn} has no key material yet; of related keys, the primary gets it first.`)
    return [material]
  }
  if (importType !== 'NEW_KEY_MATERIAL' || !isSymmetricEncryption(key))
    throw incorrect(`The key material is not the one that was imported into ${arn} before.`)
  if (!isPrimaryHere(key, context.region))
    throw incorrect(`${arn} is a multi-Region replica key: new key material goes to the primary key first.`)
  const kept = key.materials.filter(({ waiting }) => waiting === undefined)
  const waiting = { type: 'IMPORT' as const, sinceMs: context.clock.now() }
  return [...kept, importedIn({ ...material, waiting }, context.region)]
}

/** The primary rotates to new material when all of its replicas have it, and so has to know. */
const tellPrimary = async (key: KeyRecord, materialId: string, context: KeyContext): Promise<void> => {
  const isWaiting = waitingMaterial(key)?.id === materialId
  if (!isWaiting || key.multiRegion === undefined || isPrimaryHere(key, context.region)) return
  await context.news.tell(key.multiRegion.primaryRegion, { kind: 'imported', keyId: key.keyId, materialId })
}

export const importKeyMaterial = keyOperation({
  name: 'ImportKeyMaterial',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:ImportKeyMaterial', context)
    const key = stored.value
    const arn = keyArnOf(key.keyId, context)
    requireExternal(key, context)
    requireNotPendingDeletion(key, context)
    requireOfSymmetric(key, input)
    const validToMs = validToMsOf(input, context.clock.now())
    const { ImportToken: token = new Uint8Array(), EncryptedKeyMaterial: wrapped = new Uint8Array() } = input
    const bytes = openImported(key.keyId, { token, wrapped }, context)
    if (!fitsSpec(specOf(key), bytes))
      throw incorrect(`The key material is none of a key whose KeySpec is ${specOf(key)}.`)
    const id = materialIdOf(key.keyId, bytes)
    const isNew = !key.materials.some((one) => one.id === id)
    if (input.KeyMaterialId !== undefined && (input.KeyMaterialId !== id || isNew))
      throw incorrect('The key material is not the one that KeyMaterialId names.')
    const material: KeyMaterial = {
      id,
      bytes: bytes.toString('base64'),
      imported: {
        ...(input.KeyMaterialDescription === undefined ? {} : { description: input.KeyMaterialDescription }),
        ...(validToMs === undefined ? {} : { validToMs }),
      },
    }
    const materials = placed(key, material, input.ImportType, context)
    const changed = isNew ? withShared(key, { materials }) : { ...key, materials }
    const isFirst = key.materials.length === 0
    await context.records.keys.replace(stored, { ...changed, isEnabled: isFirst || key.isEnabled })
    if (isNew) await tellReplicas(changed, context)
    await tellPrimary(changed, id, context)
    return { KeyId: arn, KeyMaterialId: id }
  },
})
