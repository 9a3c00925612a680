// The key pair of an asymmetric key, as the crypto library takes it.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { currentBytes } from './key-material.ts'
import type { KeyRecord } from './key-records.ts'

/** The key is usable: see requireUsable. */
export const privateKeyOf = (key: KeyRecord): KeyObject =>
  createPrivateKey({ key: currentBytes(key), format: 'der', type: 'pkcs8' })

/** The key is usable: see requireUsable. */
export const publicKeyOf = (key: KeyRecord): KeyObject => createPublicKey(privateKeyOf(key))
