// GetKeyRotationStatus: whether and when the key rotates by itself, and whether an on-demand rotation is under way.
import { waitingMaterial } from '../key-material.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'

export const getKeyRotationStatus = keyOperation({
  name: 'GetKeyRotationStatus',
  handle: async (input, context) => {
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:GetKeyRotationStatus', context)
    const waiting = waitingMaterial(key)?.waiting
    // While a key is pending deletion its status is false; cancelling brings the setting back.
    const rotation = key.deletion === undefined ? key.rotation : undefined
    return {
      KeyId: keyArnOf(key.keyId, context),
      KeyRotationEnabled: rotation !== undefined,
      ...(rotation === undefined
        ? {}
        : { RotationPeriodInDays: rotation.periodDays, NextRotationDate: new Date(rotation.nextAtMs) }),
      ...(waiting?.type === 'ON_DEMAND' ? { OnDemandRotationStartDate: new Date(waiting.sinceMs) } : {}),
    }
  },
})
