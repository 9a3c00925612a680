// EnableKeyRotation: new material every RotationPeriodInDays, counted from now.
import { findKey, keyOperation } from '../key-operation.ts'
import { tellReplicas, withShared } from '../related-keys.ts'
import { requireRotatable } from '../rotation-rules.ts'
import { dayMs } from '../rotations.ts'

const periodDaysDefault = 365

export const enableKeyRotation = keyOperation({
  name: 'EnableKeyRotation',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:EnableKeyRotation', context)
    requireRotatable(stored.value, context)
    const periodDays = input.RotationPeriodInDays ?? periodDaysDefault
    const isSame = stored.value.rotation?.periodDays === periodDays
    if (isSame) return {}
    const rotation = { periodDays, nextAtMs: context.clock.now() + periodDays * dayMs }
    const changed = withShared(stored.value, { rotation })
    await context.records.keys.replace(stored, changed)
    await tellReplicas(changed, context)
    return {}
  },
})
