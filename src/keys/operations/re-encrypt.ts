// ReEncrypt: from one key and context to another, without the plaintext leaving. Source and destination policies are both asked.
import type { ReEncryptRequest } from '@aws-sdk/client-kms'
import { keyIdOfCiphertext } from '../ciphertext.ts'
import { findCiphertextKey, findDryRunKey, isWithoutCiphertext } from '../ciphertext-key.ts'
import { decryptBy, encryptBy, requireEncryption, symmetricDefault } from '../encryption.ts'
import { currentMaterial } from '../key-material.ts'
import { findKey, type KeyContext, keyArnOf, keyIdNamed, keyOperation } from '../key-operation.ts'
import { isSymmetricEncryption } from '../key-specs.ts'

const sidesOf = (input: ReEncryptRequest) => ({
  from: {
    operation: 'ReEncrypt',
    action: 'kms:ReEncryptFrom',
    named: input.SourceKeyId,
    algorithm: input.SourceEncryptionAlgorithm ?? symmetricDefault,
    encryptionContext: input.SourceEncryptionContext ?? {},
  },
  to: {
    operation: 'ReEncrypt',
    algorithm: input.DestinationEncryptionAlgorithm ?? symmetricDefault,
    encryptionContext: input.DestinationEncryptionContext ?? {},
  },
})

/** With whether both keys are one: by what the names stand for, and by what a symmetric ciphertext says of itself. */
const comparing = async (input: ReEncryptRequest, context: KeyContext): Promise<KeyContext> => {
  const { SourceKeyId, DestinationKeyId = '', CiphertextBlob = new Uint8Array() } = input
  const isSymmetric = (input.SourceEncryptionAlgorithm ?? symmetricDefault) === symmetricDefault
  // Such a request is refused for the name that it lacks.
  if (SourceKeyId === undefined && (!isSymmetric || isWithoutCiphertext(input))) return context
  const source =
    SourceKeyId === undefined
      ? keyIdOfCiphertext(CiphertextBlob)
      : await keyIdNamed(SourceKeyId, 'kms:ReEncryptFrom', context)
  const isOnSameKey = source === (await keyIdNamed(DestinationKeyId, 'kms:ReEncryptTo', context))
  return { ...context, request: { ...context.request, isOnSameKey } }
}

export const reEncrypt = keyOperation({
  name: 'ReEncrypt',
  handle: async (input, given) => {
    const context = await comparing(input, given)
    const blob = input.CiphertextBlob ?? new Uint8Array()
    const { from, to } = sidesOf(input)
    const isDry = isWithoutCiphertext(input)
    const source = isDry ? await findDryRunKey(from, context) : await findCiphertextKey(blob, from, context)
    const { value: destination } = await findKey(
      input.DestinationKeyId ?? '',
      'kms:ReEncryptTo',
      context,
      to.encryptionContext,
    )
    requireEncryption(destination, to, context)
    if (isDry) return {}
    const { plaintext, materialId } = decryptBy(source, from, blob, context)
    return {
      CiphertextBlob: encryptBy(destination, to, plaintext, context),
      ...(materialId === undefined ? {} : { SourceKeyMaterialId: materialId }),
      ...(isSymmetricEncryption(destination)
        ? { DestinationKeyMaterialId: currentMaterial(destination)?.id }
        : {}),
      SourceKeyId: keyArnOf(source.keyId, context),
      KeyId: keyArnOf(destination.keyId, context),
      SourceEncryptionAlgorithm: from.algorithm,
      DestinationEncryptionAlgorithm: to.algorithm,
    }
  },
})
