// DisableKeyRotation: the key keeps its materials and gets no new one by itself.
import { findKey, keyOperation } from '../key-operation.ts'
import { tellReplicas, withShared } from '../related-keys.ts'
import { requireRotatable } from '../rotation-rules.ts'

export const disableKeyRotation = keyOperation({
  name: 'DisableKeyRotation',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:DisableKeyRotation', context)
    requireRotatable(stored.value, context)
    if (stored.value.rotation === undefined) return {}
    const changed = withShared(stored.value, { rotation: undefined })
    await context.records.keys.replace(stored, changed)
    await tellReplicas(changed, context)
    return {}
  },
})
