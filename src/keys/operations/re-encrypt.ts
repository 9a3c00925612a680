// ReEncrypt: from one key and context to another, without the plaintext leaving. Source and destination policies are both asked.
import type { ReEncryptRequest } from '@aws-sdk/client-kms'
import { findCiphertextKey, findDryRunKey, isWithoutCiphertext } from '../ciphertext-key.ts'
import { decryptBy, encryptBy, requireEncryption, symmetricDefault } from '../encryption.ts'
import { currentMaterial } from '../key-material.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
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

export const reEncrypt = keyOperation({
  name: 'ReEncrypt',
  handle: async (input, context) => {
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
