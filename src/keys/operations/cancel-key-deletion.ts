// CancelKeyDeletion: the key stays, Disabled.

import { Fault } from '../../wire/fault.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'

export const cancelKeyDeletion = keyOperation({
  name: 'CancelKeyDeletion',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:CancelKeyDeletion', context)
    const arn = keyArnOf(stored.value.keyId, context)
    if (stored.value.deletion === undefined)
      throw new Fault('KMSInvalidStateException', `${arn} is not pending deletion.`)
    const { deletion: _cancelled, ...kept } = stored.value
    await context.records.keys.replace(stored, { ...kept, isEnabled: false })
    return { KeyId: arn }
  },
})
