// GetPublicKey: the public key of an asymmetric key, and what it is for.
import { Fault } from '../../wire/fault.ts'
import { findKey, keyArnOf, keyOperation, requireUsable } from '../key-operation.ts'
import { publicKeyOf } from '../key-pair.ts'
import { kindOf, specOf, usageOf } from '../key-specs.ts'
import { spkiOf } from '../spec-material.ts'
import { specMembers } from '../spec-members.ts'

export const getPublicKey = keyOperation({
  name: 'GetPublicKey',
  handle: async (input, context) => {
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:GetPublicKey', context)
    const arn = keyArnOf(key.keyId, context)
    requireUsable(key, context)
    if (kindOf(key) !== 'asymmetric')
      throw new Fault(
        'UnsupportedOperationException',
        `${arn} has no public key: its KeySpec is ${specOf(key)}.`,
      )
    return {
      KeyId: arn,
      PublicKey: spkiOf(publicKeyOf(key)),
      KeyUsage: usageOf(key),
      ...specMembers(key),
    }
  },
})
