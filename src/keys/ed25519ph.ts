// Ed25519ph (RFC 8032, section 5.1), which Node's crypto has not. What KMS calls its digest is hashed once more, as the message that it is to the
// algorithm ("Sign", KMS API Reference).
import type { KeyObject } from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'

const signatureBytes = 64

const bytesOf = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url')

export const signEd25519ph = (key: KeyObject, message: Uint8Array): Buffer =>
  Buffer.from(ed25519ph.sign(message, bytesOf(key.export({ format: 'jwk' }).d)))

/** Strict: points have their one encoding, and keys of small order are none (zip215 would let both pass). */
export const verifyEd25519ph = (key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean =>
  signature.length === signatureBytes &&
  ed25519ph.verify(signature, message, bytesOf(key.export({ format: 'jwk' }).x), { zip215: false })
