// Signature Version 4 for requests to AWS services, or to what stands in for them, with a configured access key or what the AWS SDK finds.
import { createHash } from 'node:crypto'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Clock } from '../../telemetry/clock.ts'
import { DeliveryFailure } from './transport.ts'

export type AwsCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export type SignedRequest = {
  readonly method: 'POST' | 'PUT'
  readonly url: URL
  /** The Region to sign for. */
  readonly region: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export type AwsSigner = {
  /** The headers to send: those of the request and the signature's. Rejects with DeliveryFailure when there are no credentials. */
  sign(request: SignedRequest): Promise<Readonly<Record<string, string>>>
}

/** The AWS SDK's own chain (environment, profile, container, instance), as its clients have it. */
const credentialsOfEnvironment = async (region: string): Promise<() => Promise<AwsCredentials>> => {
  const { KMSClient } = await import('@aws-sdk/client-kms')
  return new KMSClient({ region }).config.credentials
}

export const createAwsSigner = (options: {
  readonly service: string
  /** Absent: those that the AWS SDK finds in the environment. */
  readonly credentials: AwsCredentials | undefined
  readonly clock: Clock
}): AwsSigner => {
  const { service, credentials, clock } = options
  let signer: Promise<SignatureV4> | undefined
  const makeSigner = async (region: string): Promise<SignatureV4> =>
    new SignatureV4({
      service,
      region,
      credentials: credentials ?? (await credentialsOfEnvironment(region)),
      sha256: Sha256,
      // S3 alone takes the path as it is (IAM user guide, "Create a signed AWS API request").
      uriEscapePath: service !== 's3',
    })
  return {
    sign: async ({ method, url, region, headers: given, body }) => {
      signer ??= makeSigner(region)
      try {
        const { headers } = await (await signer).sign(
          {
            method,
            protocol: url.protocol,
            hostname: url.hostname,
            path: url.pathname,
            query: {},
            headers: {
              host: url.host,
              ...given,
              // Hashed here: in JavaScript a large body would hold up everything else.
              'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
            },
            body,
          },
          { signingDate: new Date(clock.now()), signingRegion: region },
        )
        // fetch names the host itself, from the URL.
        const { host: _, ...others } = headers
        return others
      } catch (error) {
        throw new DeliveryFailure('no credentials', { cause: error })
      }
    },
  }
}
