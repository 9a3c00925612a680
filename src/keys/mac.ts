// HMACs under HMAC keys (RFC 2104).
import { createHmac } from 'node:crypto'
import type { MacAlgorithmSpec } from '@aws-sdk/client-kms'
import { currentBytes } from './key-material.ts'
import type { KeyRecord } from './key-records.ts'

const hashes: Readonly<Record<MacAlgorithmSpec, string>> = {
  HMAC_SHA_224: 'sha224',
  HMAC_SHA_256: 'sha256',
  HMAC_SHA_384: 'sha384',
  HMAC_SHA_512: 'sha512',
}

/** The key has been asked for this use: see requireUse. */
export const macOf = (key: KeyRecord, algorithm: MacAlgorithmSpec, message: Uint8Array): Buffer =>
  createHmac(hashes[algorithm], currentBytes(key)).update(message).digest()
