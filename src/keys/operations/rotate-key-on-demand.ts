// RotateKeyOnDemand: new material now, or the imported material that waits for it.
import { Fault } from '../../wire/fault.ts'
import { isImportedEverywhere } from '../imported-everywhere.ts'
import { waitingMaterial } from '../key-material.ts'
import { findKey, keyArnOf, keyOperation, requireUsable } from '../key-operation.ts'
import { tellReplicas, withShared } from '../related-keys.ts'
import { requireRotatingHere, requireRotatingKind } from '../rotation-rules.ts'

/** "Quotas", KMS Developer Guide. */
const onDemandMax = 25

export const rotateKeyOnDemand = keyOperation({
  name: 'RotateKeyOnDemand',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:RotateKeyOnDemand', context)
    const key = stored.value
    const arn = keyArnOf(key.keyId, context)
    requireRotatingKind(key, context)
    requireUsable(key, context)
    requireRotatingHere(key, context)
    const waiting = waitingMaterial(key)
    if (key.materials.filter(({ rotated }) => rotated?.type === 'ON_DEMAND').length >= onDemandMax)
      throw new Fault('LimitExceededException', `${arn} was rotated on demand ${onDemandMax} times.`)
    if (key.origin === 'AWS_KMS') {
      if (waiting !== undefined)
        throw new Fault('ConflictException', `A rotation of ${arn} is already in progress.`)
      await context.rotations.begin(stored, 'ON_DEMAND')
      return { KeyId: arn }
    }
    if (waiting === undefined || !isImportedEverywhere(key, waiting, context))
      throw new Fault(
        'KMSInvalidStateException',
        `${arn} has no imported key material that is pending rotation.`,
      )
    const { waiting: _waited, ...material } = waiting
    const rotated = { type: 'ON_DEMAND' as const, atMs: context.clock.now() }
    const changed = withShared(key, {
      materials: key.materials.map((one) => (one.id === waiting.id ? { ...material, rotated } : one)),
    })
    await context.records.keys.replace(stored, changed)
    await tellReplicas(changed, context)
    return { KeyId: arn }
  },
})
