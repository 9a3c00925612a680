// The key prerequisites of CreateUserPoolReplica (spec/replication.md): what a Region's key does not let each service principal do.
import type { KeyMetadata } from '@aws-sdk/client-kms'
import {
  type KeyServiceClient,
  type PoolKeyUse,
  type ServicePrincipal,
  servicePrincipals,
} from '../vault/key-service-client.ts'
import { keyFault } from '../vault/key-wrapper.ts'

export const keyProblemKinds = [
  'missing',
  'not-multi-region',
  'not-symmetric',
  'state',
  'denied',
  'unrelated',
] as const

export type KeyProblem = {
  readonly kind: (typeof keyProblemKinds)[number]
  /** For `denied`. */
  readonly principal?: string
  readonly action?: string
  /** For `state`: the key's state. */
  readonly state?: string
}

/** A key as one Region has it, and something wrapped under the primary's key that it must be able to open. */
export type CheckedKey = {
  readonly keyArn: string
  readonly poolArn: string
  readonly account: string
  readonly wrapped: Uint8Array
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

/** What a refusal of the key service says about the key; anything not listed is a failure of the service itself. */
const problems: Readonly<Record<string, (action: string, principal: ServicePrincipal) => KeyProblem>> = {
  NotFoundException: () => ({ kind: 'missing' }),
  AccessDeniedException: (action, principal) => ({ kind: 'denied', action, principal }),
  DisabledException: () => ({ kind: 'state', state: 'Disabled' }),
  KMSInvalidStateException: () => ({ kind: 'state', state: 'not usable' }),
  IncorrectKeyException: () => ({ kind: 'unrelated' }),
  InvalidCiphertextException: () => ({ kind: 'unrelated' }),
}

const problemInMetadata = ({
  KeyState,
  MultiRegion,
  KeySpec,
  KeyUsage,
}: KeyMetadata): KeyProblem | undefined => {
  if (KeySpec !== 'SYMMETRIC_DEFAULT' || KeyUsage !== 'ENCRYPT_DECRYPT') return { kind: 'not-symmetric' }
  if (MultiRegion !== true) return { kind: 'not-multi-region' }
  if (KeyState !== 'Enabled') return { kind: 'state', state: KeyState ?? 'unknown' }
  return undefined
}

/** Tries every action that replication and sign-in need, as each principal. Resolves with nothing when all is well; rejects with a Fault when the key service fails. */
export const checkKey = async (
  keyService: KeyServiceClient,
  key: CheckedKey,
): Promise<readonly KeyProblem[]> => {
  const attempt = async (
    use: PoolKeyUse,
    action: string,
    run: () => Promise<unknown>,
  ): Promise<KeyProblem | undefined> => {
    try {
      await run()
      return undefined
    } catch (error) {
      const problem = problems[nameOf(error)]
      if (problem === undefined) throw keyFault(error, use)
      return problem(action, use.principal)
    }
  }
  const uses = servicePrincipals.map((principal): PoolKeyUse => {
    const { keyArn, poolArn, account } = key
    return { principal, keyArn, poolArn, account }
  })
  const described = await Promise.all(
    uses.map((use) => {
      let metadata: KeyMetadata | undefined
      return attempt(use, 'kms:DescribeKey', async () => {
        metadata = await keyService.describe(use)
      }).then((problem) => problem ?? (metadata === undefined ? undefined : problemInMetadata(metadata)))
    }),
  )
  const found = described.filter((problem) => problem !== undefined)
  const decisive = found.find(({ kind }) => kind !== 'denied')
  if (decisive !== undefined) return [decisive]
  const tried = await Promise.all(
    uses.flatMap((use) => [
      attempt(use, 'kms:Encrypt', () => keyService.encrypt(use, new Uint8Array(32))),
      attempt(use, 'kms:Decrypt', () => keyService.decrypt(use, key.wrapped)),
      attempt(use, 'kms:ReEncrypt*', () => keyService.reEncrypt(use, key.wrapped)),
      attempt(use, 'kms:GenerateDataKeyWithoutPlaintext', () => keyService.generate(use)),
    ]),
  )
  return [...found, ...tried.filter((problem) => problem !== undefined)]
}

/** What is wrong and what to do about it, for the caller of CreateUserPoolReplica. Undefined when there is no problem. */
export const keyProblemMessage = (
  found: readonly KeyProblem[],
  keyArn: string,
  region: string,
): string | undefined => {
  const decisive = found.find(({ kind }) => kind !== 'denied') ?? found[0]
  if (decisive === undefined) return undefined
  const sentences: Readonly<Record<KeyProblem['kind'], () => string>> = {
    missing: () =>
      `The KMS key ${keyArn} does not exist in ${region}. Replicate the user pool's multi-Region key to ${region} (kms:ReplicateKey) and try again.`,
    'not-multi-region': () =>
      `The KMS key ${keyArn} in ${region} is a single-Region key. Create a multi-Region key (kms:CreateKey with MultiRegion true), set it as the user pool's KeyConfiguration and try again.`,
    'not-symmetric': () =>
      `The KMS key ${keyArn} in ${region} is not a symmetric encryption key. Use a key with the key spec SYMMETRIC_DEFAULT and the usage ENCRYPT_DECRYPT.`,
    state: () =>
      `The KMS key ${keyArn} in ${region} is in the state ${decisive.state}. It must be Enabled: enable it, or cancel its deletion, and try again.`,
    unrelated: () =>
      `The KMS key ${keyArn} in ${region} can't decrypt what the user pool's key encrypts. It must be a multi-Region replica of that key.`,
    denied: () => {
      const byPrincipal = Map.groupBy(found, ({ principal }) => principal ?? '')
      const missing = [...byPrincipal].map(
        ([principal, denied]) => `${principal}: ${denied.map(({ action }) => action).join(', ')}`,
      )
      return `The policy of the KMS key ${keyArn} in ${region} does not allow all that a replicated user pool needs. Missing: ${missing.join('; ')}. Add these actions to the key policy in ${region}; a replica key has a policy of its own.`
    },
  }
  return sentences[decisive.kind]()
}
