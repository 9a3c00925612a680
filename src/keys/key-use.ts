// Whether a key can do what is asked of it now: its state first, then its usage, then the algorithm.
import type { KeyUsageType } from '@aws-sdk/client-kms'
import { Fault } from '../wire/fault.ts'
import { keyArnOf, requireUsable } from './key-operation.ts'
import type { KeyRecord } from './key-records.ts'
import type { KeyServiceParts } from './key-service-parts.ts'
import { algorithmsOf, isSymmetricEncryption, specOf, usageOf } from './key-specs.ts'

const wrongUsage = (message: string): Fault => new Fault('InvalidKeyUsageException', message)

export type KeyUse = {
  /** The operation by its name, for the message. */
  readonly operation: string
  readonly usage: KeyUsageType
  /** One of those that DescribeKey shows. */
  readonly algorithm: string
}

/** Throws DisabledException, KMSInvalidStateException, InvalidKeyUsageException. */
export const requireUse = (key: KeyRecord, use: KeyUse, context: KeyServiceParts): void => {
  requireUsable(key, context)
  if (usageOf(key) !== use.usage)
    throw wrongUsage(
      `${keyArnOf(key.keyId, context)} key usage is ${usageOf(key)} which is not valid for ${use.operation}.`,
    )
  const algorithms: readonly string[] = Object.values(algorithmsOf(key)).flat()
  if (!algorithms.includes(use.algorithm))
    throw wrongUsage(`Algorithm ${use.algorithm} is incompatible with key spec ${specOf(key)}.`)
}

/** Data keys are made under symmetric encryption keys alone. Throws as requireUse. */
export const requireDataKeys = (key: KeyRecord, operation: string, context: KeyServiceParts): void => {
  requireUsable(key, context)
  if (usageOf(key) === 'ENCRYPT_DECRYPT' && !isSymmetricEncryption(key))
    throw wrongUsage('You cannot generate a data key with an asymmetric CMK')
  requireUse(key, { operation, usage: 'ENCRYPT_DECRYPT', algorithm: 'SYMMETRIC_DEFAULT' }, context)
}
