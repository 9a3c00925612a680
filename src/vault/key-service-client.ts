// Calls to the key service (our own, or AWS KMS) made on behalf of a user pool, as one of the two service principals.

import type { Agent } from 'node:https'
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  type KeyMetadata,
  KMSClient,
  ReEncryptCommand,
} from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { BuildMiddleware } from '@smithy/types'

/** The two services that a pool's key policy lets in: sign-in and directory, and the side that replicates. */
export const servicePrincipals = ['cognito-idp.amazonaws.com', 'identitystore.amazonaws.com'] as const
export type ServicePrincipal = (typeof servicePrincipals)[number]

export type KeyServiceConnection = {
  readonly region: string
  /** Absent: AWS KMS itself. */
  readonly endpoint?: string
  readonly credentials: Readonly<
    Record<ServicePrincipal, { readonly accessKeyId: string; readonly secretAccessKey: string }>
  >
  /** For an endpoint behind a private certificate authority. */
  readonly httpsAgent?: Agent
}

/** For which pool a call is made: source ARN, source account and encryption context all come from the pool's ARN. */
export type PoolKeyUse = {
  readonly principal: ServicePrincipal
  /** ARN of the pool in its primary Region, in every Region, so that ciphertext opens in all (spec/keys.md). */
  readonly poolArn: string
  readonly account: string
  /** ARN of the key in the Region that is called. */
  readonly keyArn: string
}

/** The calls that a pool's key policy has to allow, one method each. They reject with the key service's own SDK errors. */
export type KeyServiceClient = {
  generate(use: PoolKeyUse): Promise<Uint8Array>
  decrypt(use: PoolKeyUse, wrapped: Uint8Array): Promise<Uint8Array>
  encrypt(use: PoolKeyUse, plaintext: Uint8Array): Promise<Uint8Array>
  reEncrypt(use: PoolKeyUse, wrapped: Uint8Array): Promise<Uint8Array>
  describe(use: PoolKeyUse): Promise<KeyMetadata>
  close(): void
}

const connectTimeoutMs = 2_000
const requestTimeoutMs = 5_000

export const createKeyServiceClient = (connection: KeyServiceConnection): KeyServiceClient => {
  const clients = new Map<ServicePrincipal, KMSClient>()
  const clientFor = (principal: ServicePrincipal): KMSClient => {
    const known = clients.get(principal)
    if (known !== undefined) return known
    const made = new KMSClient({
      region: connection.region,
      ...(connection.endpoint === undefined ? {} : { endpoint: connection.endpoint }),
      credentials: connection.credentials[principal],
      maxAttempts: 2,
      requestHandler: new NodeHttpHandler({
        connectionTimeout: connectTimeoutMs,
        requestTimeout: requestTimeoutMs,
        ...(connection.httpsAgent === undefined ? {} : { httpsAgent: connection.httpsAgent }),
      }),
    })
    clients.set(principal, made)
    return made
  }

  /** Adds the signed headers by which a service says for whom it calls ("The confused deputy problem", IAM User Guide). */
  const sourced = <Command extends { middlewareStack: { add(middleware: never, options: never): void } }>(
    command: Command,
    use: PoolKeyUse,
  ): Command => {
    const addSource: BuildMiddleware<object, object> = (next) => (args) => {
      const request = args.request as { headers: Record<string, string> }
      request.headers['x-amz-source-arn'] = use.poolArn
      request.headers['x-amz-source-account'] = use.account
      return next(args)
    }
    command.middlewareStack.add(addSource as never, { step: 'build', name: 'poolSource' } as never)
    return command
  }
  const context = (use: PoolKeyUse): Record<string, string> => ({
    'aws:cognito-idp:userpool-arn': use.poolArn,
  })
  const present = <Value>(value: Value | undefined, what: string): Value => {
    if (value === undefined) throw new Error(`the key service answered without ${what}`)
    return value
  }

  return {
    generate: async (use) => {
      const command = new GenerateDataKeyWithoutPlaintextCommand({
        KeyId: use.keyArn,
        KeySpec: 'AES_256',
        EncryptionContext: context(use),
      })
      const answer = await clientFor(use.principal).send(sourced(command, use))
      return present(answer.CiphertextBlob, 'a data key')
    },
    decrypt: async (use, wrapped) => {
      const command = new DecryptCommand({
        KeyId: use.keyArn,
        CiphertextBlob: wrapped,
        EncryptionContext: context(use),
      })
      const answer = await clientFor(use.principal).send(sourced(command, use))
      return present(answer.Plaintext, 'a plaintext')
    },
    encrypt: async (use, plaintext) => {
      const command = new EncryptCommand({
        KeyId: use.keyArn,
        Plaintext: plaintext,
        EncryptionContext: context(use),
      })
      const answer = await clientFor(use.principal).send(sourced(command, use))
      return present(answer.CiphertextBlob, 'a ciphertext')
    },
    reEncrypt: async (use, wrapped) => {
      const command = new ReEncryptCommand({
        CiphertextBlob: wrapped,
        SourceKeyId: use.keyArn,
        SourceEncryptionContext: context(use),
        DestinationKeyId: use.keyArn,
        DestinationEncryptionContext: context(use),
      })
      const answer = await clientFor(use.principal).send(sourced(command, use))
      return present(answer.CiphertextBlob, 'a ciphertext')
    },
    describe: async (use) => {
      const answer = await clientFor(use.principal).send(
        sourced(new DescribeKeyCommand({ KeyId: use.keyArn }), use),
      )
      return present(answer.KeyMetadata, 'key metadata')
    },
    close: () => {
      for (const client of clients.values()) client.destroy()
    },
  }
}
