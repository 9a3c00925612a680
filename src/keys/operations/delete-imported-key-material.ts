// DeleteImportedKeyMaterial: the key can't be used until the same material is imported again.
import { Fault } from '../../wire/fault.ts'
import { currentMaterial, withoutBytes } from '../key-material.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { tellReplicas, withShared } from '../related-keys.ts'
import { requireExternal } from '../require-external.ts'
import { isPrimaryHere } from '../rotations.ts'

export const deleteImportedKeyMaterial = keyOperation({
  name: 'DeleteImportedKeyMaterial',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:DeleteImportedKeyMaterial', context)
    const key = stored.value
    const arn = keyArnOf(key.keyId, context)
    requireExternal(key, context)
    const id = input.KeyMaterialId ?? currentMaterial(key)?.id
    const material = key.materials.find((one) => one.id === id)
    if (material === undefined) {
      if (input.KeyMaterialId !== undefined)
        throw new Fault('NotFoundException', `${arn} has no key material ${input.KeyMaterialId}.`)
      return { KeyId: arn }
    }
    // What waits for a rotation has never encrypted: nothing keeps its place, in no Region; but only the primary gives it up.
    if (material.waiting !== undefined && isPrimaryHere(key, context.region)) {
      const changed = withShared(key, { materials: key.materials.filter((one) => one.id !== id) })
      await context.records.keys.replace(stored, changed)
      await tellReplicas(changed, context)
    } else {
      const materials = key.materials.map((one) => (one.id === id ? withoutBytes(one) : one))
      await context.records.keys.replace(stored, { ...key, materials })
    }
    return { KeyId: arn, KeyMaterialId: material.id }
  },
})
