// DeriveSharedSecret: what the private key and somebody's public key on the same curve have in common (ECDH).
import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto'
import { Fault } from '../../wire/fault.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { privateKeyOf } from '../key-pair.ts'
import { specOf } from '../key-specs.ts'
import { requireUse } from '../key-use.ts'

const readPublicKey = (bytes: Uint8Array): KeyObject | undefined => {
  try {
    return createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' })
  } catch {
    // What can't be read is told apart from nothing else that is no key of the curve.
    return undefined
  }
}

export const deriveSharedSecret = keyOperation({
  name: 'DeriveSharedSecret',
  handle: async (input, context) => {
    const { KeyAgreementAlgorithm: algorithm = 'ECDH', PublicKey = new Uint8Array() } = input
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:DeriveSharedSecret', context)
    requireUse(key, { operation: 'DeriveSharedSecret', usage: 'KEY_AGREEMENT', algorithm }, context)
    const privateKey = privateKeyOf(key)
    const publicKey = readPublicKey(PublicKey)
    const curve = publicKey?.asymmetricKeyDetails?.namedCurve
    if (publicKey === undefined || curve !== privateKey.asymmetricKeyDetails?.namedCurve)
      throw new Fault(
        'ValidationException',
        `The public key is none of key spec ${specOf(key)} in DER-encoded SubjectPublicKeyInfo.`,
      )
    return {
      KeyId: keyArnOf(key.keyId, context),
      SharedSecret: diffieHellman({ privateKey, publicKey }),
      KeyAgreementAlgorithm: algorithm,
      KeyOrigin: key.origin,
    }
  },
})
