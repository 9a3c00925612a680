// Operations on imported key material are for keys that were made for it.
import { Fault } from '../wire/fault.ts'
import { type KeyContext, keyArnOf } from './key-operation.ts'
import type { KeyRecord } from './key-records.ts'

/** Throws UnsupportedOperationException. */
export const requireExternal = (key: KeyRecord, context: KeyContext): void => {
  if (key.origin === 'EXTERNAL') return
  throw new Fault(
    'UnsupportedOperationException',
    `${keyArnOf(key.keyId, context)} origin is AWS_KMS which is not valid for this operation.`,
  )
}
