// Whether this Region's key lets replication go on: both service principals must be able to open the pool's keyring here.

import { type KeyServiceClient, servicePrincipals } from '../vault/key-service-client.ts'
import { keyFault } from '../vault/key-wrapper.ts'
import type { Keyring } from '../vault/keyring.ts'
import { inRegion } from '../vault/vault.ts'
import { Fault } from '../wire/fault.ts'

export type KeyPermissionOptions = {
  readonly keyService: KeyServiceClient
  readonly region: string
  readonly account: string
}

/** Decrypts the wrapped search root as each principal. Rejects with a Fault that names the key, its state and the principal. */
export const checkKeyPermission = async (keyring: Keyring, options: KeyPermissionOptions): Promise<void> => {
  const { kmsKeyArn, poolArn } = keyring
  if (kmsKeyArn === undefined)
    throw new Fault(
      'InvalidParameterException',
      'The user pool is not on a customer managed key, so no other Region can open its records.',
    )
  const wrapped = Buffer.from(keyring.search, 'base64')
  await Promise.all(
    servicePrincipals.map(async (principal) => {
      const use = {
        principal,
        poolArn,
        account: options.account,
        keyArn: inRegion(kmsKeyArn, options.region),
      }
      try {
        await options.keyService.decrypt(use, wrapped)
      } catch (error) {
        throw keyFault(error, use)
      }
    }),
  )
}
