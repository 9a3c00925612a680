// The two ways a scope's data keys are wrapped: under the Region's own key, or under the customer's key in the key service.
import type { Random } from '../telemetry/clock.ts'
import { Fault, isFault } from '../wire/fault.ts'
import { type DataKey, open, seal } from './envelope.ts'
import type { KeyServiceClient, PoolKeyUse } from './key-service-client.ts'
import type { KeyWrapper } from './keyring.ts'

const dataKeyBytes = 32

/** Wraps under the Region's own key, in this process. `scope` binds the wrapped key to where it belongs. */
export const regionKeyWrapper = (regionKey: DataKey, scope: string, random: Random): KeyWrapper => ({
  generate: () =>
    Promise.resolve(seal(regionKey, random.bytes(dataKeyBytes), `data key of ${scope}`, random)),
  wrap: (plaintext) => Promise.resolve(seal(regionKey, plaintext, `data key of ${scope}`, random)),
  unwrap: async (wrapped) => open(regionKey, wrapped, `data key of ${scope}`),
})

/** What each refusal of the key service means for the pool, in words its owner can act on. */
const refusals: Readonly<Record<string, string>> = {
  DisabledException: 'is disabled',
  KMSInvalidStateException: 'is pending deletion or otherwise not usable in its current state',
  NotFoundException: 'does not exist in this Region',
  AccessDeniedException:
    'does not allow this user pool: its key policy in this Region refuses the service principal',
  InvalidCiphertextException: 'is not the key that the user pool was encrypted with',
  IncorrectKeyException: 'is not the key that the user pool was encrypted with',
  InvalidKeyUsageException:
    'is not a symmetric encryption key (KeyUsage ENCRYPT_DECRYPT, KeySpec SYMMETRIC_DEFAULT)',
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

/** The Fault for a failed call to the key service: a refusal names the key and its state, anything else is the service's own failure. */
export const keyFault = (error: unknown, use: PoolKeyUse): Fault => {
  // The key service says of which state it is: pending deletion, or pending import.
  const state = /is (pending [a-z]+)\.$/.exec(error instanceof Error ? error.message : '')?.[1]
  const refusal = state === undefined ? refusals[nameOf(error)] : `is ${state}`
  if (refusal === undefined)
    return new Fault('InternalErrorException', 'The key service could not be reached. Please try again.', {
      status: 500,
      cause: error,
    })
  return new Fault('InvalidParameterException', `The KMS key ${use.keyArn} ${refusal} (${use.principal}).`, {
    cause: error,
  })
}

/** Whether the error is a refusal of the key, rather than a failure to ask for it. */
export const isKeyRefusal = (error: unknown): error is Fault =>
  isFault(error) && error.code === 'InvalidParameterException' && Object.hasOwn(refusals, nameOf(error.cause))

/** Whether a refusal says that the key is gone: its deletion date has come. Any other refusal can be taken back by the key's owner. */
export const isKeyLost = (refusal: Fault): boolean => nameOf(refusal.cause) === 'NotFoundException'

/** Wraps under a customer managed key. */
export const customerKeyWrapper = (client: KeyServiceClient, use: PoolKeyUse): KeyWrapper => {
  const asking = async <Value>(ask: () => Promise<Value>): Promise<Value> => {
    try {
      return await ask()
    } catch (error) {
      throw keyFault(error, use)
    }
  }
  return {
    generate: () => asking(() => client.generate(use)),
    wrap: (plaintext) => asking(() => client.encrypt(use, plaintext)),
    unwrap: (wrapped) => asking(() => client.decrypt(use, wrapped)),
  }
}
