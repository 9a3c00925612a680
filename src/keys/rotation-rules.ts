// Which keys rotate, and where: the rules that all rotation operations begin with.
import { Fault } from '../wire/fault.ts'
import { type KeyContext, keyArnOf, requireUsable } from './key-operation.ts'
import type { KeyRecord } from './key-records.ts'
import { isSymmetricEncryption } from './key-specs.ts'
import { isPrimaryHere } from './rotations.ts'

/** Rotation of related keys is set at their primary ("Rotate multi-Region keys", KMS Developer Guide). Throws UnsupportedOperationException. */
export const requireRotatingHere = (key: KeyRecord, context: KeyContext): void => {
  if (isPrimaryHere(key, context.region)) return
  throw new Fault(
    'UnsupportedOperationException',
    `${keyArnOf(key.keyId, context)} is a multi-Region replica key: its rotation is set at the primary key, in ${key.multiRegion?.primaryRegion}.`,
  )
}

/** Keys that have one material for good. Throws UnsupportedOperationException. */
export const requireRotatingKind = (key: KeyRecord, context: KeyContext): void => {
  if (isSymmetricEncryption(key)) return
  throw new Fault(
    'UnsupportedOperationException',
    `${keyArnOf(key.keyId, context)} is not a symmetric encryption key: its key material is not rotated.`,
  )
}

/** What EnableKeyRotation and DisableKeyRotation ask of a key. */
export const requireRotatable = (key: KeyRecord, context: KeyContext): void => {
  requireRotatingKind(key, context)
  if (key.origin === 'EXTERNAL')
    throw new Fault(
      'UnsupportedOperationException',
      `${keyArnOf(key.keyId, context)} origin is EXTERNAL which is not valid for this operation.`,
    )
  requireUsable(key, context)
  requireRotatingHere(key, context)
}
