// Encrypts codes for custom senders with the AWS Encryption SDK, under the key that LambdaConfig names (KMSKeyID).
import type { Agent } from 'node:https'
import type { KmsKeyringNode } from '@aws-crypto/client-node'

export type CodeEncryption = {
  /** The message of the AWS Encryption SDK, base64. Rejects with the key service's own error. */
  encrypt(code: string, about: { readonly keyArn: string; readonly poolId: string }): Promise<string>
  close(): void
}

export type CodeEncryptionOptions = {
  readonly region: string
  /** Of this Region's key service. */
  readonly endpoint: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** For an endpoint behind a private certificate authority. */
  readonly httpsAgent?: Agent | undefined
}

type Kms = { readonly client: InstanceType<Awaited<ReturnType<typeof load>>['KMS']> }

// Loaded with the first code: few Regions have custom senders.
const load = async () => {
  const [{ KmsKeyringNode, buildClient, CommitmentPolicy }, { KMS }, { NodeHttpHandler }] = await Promise.all(
    [import('@aws-crypto/client-node'), import('@aws-sdk/client-kms'), import('@smithy/node-http-handler')],
  )
  const { encrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  return { KmsKeyringNode, encrypt, KMS, NodeHttpHandler }
}

export const createCodeEncryption = (options: CodeEncryptionOptions): CodeEncryption => {
  let loading: ReturnType<typeof load> | undefined
  let kms: Kms | undefined

  return {
    encrypt: async (code, { keyArn, poolId }) => {
      loading ??= load()
      const { KmsKeyringNode, encrypt, KMS, NodeHttpHandler } = await loading
      const { region, endpoint, credentials, httpsAgent } = options
      kms ??= {
        client: new KMS({
          region,
          endpoint,
          credentials,
          requestHandler: new NodeHttpHandler(httpsAgent === undefined ? {} : { httpsAgent }),
        }),
      }
      // A key is used where this Region is, whatever Region its ARN names: there is no other key service to ask.
      const keyring: KmsKeyringNode = new KmsKeyringNode({
        generatorKeyId: keyArn,
        clientProvider: () => kms?.client ?? false,
      })
      const { result } = await encrypt(keyring, code, { encryptionContext: { 'userpool-id': poolId } })
      return result.toString('base64')
    },
    close: () => kms?.client.destroy(),
  }
}
