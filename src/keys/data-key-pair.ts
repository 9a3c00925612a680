// A data key pair: the public key as SubjectPublicKeyInfo, the private key as PKCS #8, encrypted under a symmetric encryption key.
import type { GenerateDataKeyPairRequest } from '@aws-sdk/client-kms'
import { encryptUnder } from './ciphertext.ts'
import { currentMaterial } from './key-material.ts'
import { findKey, type KeyContext, keyArnOf } from './key-operation.ts'
import { requireDataKeys } from './key-use.ts'
import { notThere } from './not-there.ts'
import { makePair, pkcs8Of, spkiOf } from './spec-material.ts'

export const makeDataKeyPair = async (
  operation: string,
  input: GenerateDataKeyPairRequest,
  context: KeyContext,
) => {
  const { KeyId = '', KeyPairSpec: spec = 'SM2', EncryptionContext: encryptionContext = {} } = input
  const { value: key } = await findKey(KeyId, `kms:${operation}`, context, encryptionContext)
  requireDataKeys(key, operation, context)
  const pair = spec === 'SM2' ? undefined : await makePair(spec)
  if (pair === undefined) throw notThere('SM2 key pairs (China Regions only)')
  const privateKey = pkcs8Of(pair.privateKey)
  return {
    privateKey,
    answer: {
      PrivateKeyCiphertextBlob: encryptUnder(key, privateKey, encryptionContext, context.random),
      PublicKey: spkiOf(pair.publicKey),
      KeyId: keyArnOf(key.keyId, context),
      KeyPairSpec: spec,
      KeyMaterialId: currentMaterial(key)?.id,
    },
  }
}
