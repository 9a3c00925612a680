// Two whole Regions in the test's process on free ports, with AWS SDK clients for each. For tests that kill processes see test/cli.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { type RegionConfiguration, regionConfiguration } from '../../src/region/configuration.ts'
import type { AccessKey } from '../../src/region/credentials.ts'
import { type RunningRegion, startRegion } from '../../src/region/start-region.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'

export const account = '000000000000'

export type TestRegions = {
  readonly folder: string
  readonly origins: Readonly<Record<string, string>>
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  cognito(region: string): CognitoIdentityProviderClient
  kms(region: string): KMSClient
  stop(region: string): Promise<void>
  start(region: string): Promise<void>
  close(): Promise<void>
}

export const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Starts Regions with everything of their own but the deployment secret. */
export const startRegions = async (
  regions: readonly string[] = ['us-east-1', 'us-west-2'],
  {
    users = [],
    peersOf = async (_, origins) => origins,
    ...options
  }: {
    readonly dataKeyLifetimeSeconds?: number
    readonly lambda?: RegionConfiguration['lambda']
    readonly compromisedPasswordsFile?: string
    readonly messages?: RegionConfiguration['messages']
    readonly logs?: RegionConfiguration['logs']
    readonly trustedProxies?: readonly string[]
    /** Access keys besides root's. */
    readonly users?: readonly AccessKey[]
    /** Where a Region reaches the others, for tests that put something in between. */
    readonly peersOf?: (
      region: string,
      origins: Readonly<Record<string, string>>,
    ) => Promise<Readonly<Record<string, string>>>
  } = {},
): Promise<TestRegions & { readonly deploymentSecret: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-regions-'))
  const ports = await freePorts(regions.length)
  const origins = Object.fromEntries(
    regions.map((region, index) => [region, `http://127.0.0.1:${ports[index]}`]),
  )
  const credentials = {
    accessKeyId: `AKID${systemRandom.bytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: systemRandom.bytes(30).toString('base64'),
  }
  const deploymentSecret = systemRandom.bytes(32).toString('base64')
  const running = new Map<string, RunningRegion>()
  const start = async (region: string): Promise<void> => {
    const origin = origins[region] ?? ''
    running.set(
      region,
      await startRegion(
        regionConfiguration.parse({
          region,
          account,
          host: '127.0.0.1',
          port: Number(new URL(origin).port),
          dataFolder: join(folder, region),
          origin,
          routerOrigin: origin,
          peers: await peersOf(region, origins),
          accessKeys: [credentials, ...users],
          deploymentSecret,
          logLevel: 'silent',
          ...options,
        }),
      ),
    )
  }
  const stop = async (region: string): Promise<void> => {
    await running.get(region)?.close()
    running.delete(region)
  }
  for (const region of regions) await start(region)
  return {
    folder,
    origins,
    deploymentSecret,
    credentials,
    cognito: (region) =>
      new CognitoIdentityProviderClient({ region, endpoint: origins[region], credentials, maxAttempts: 1 }),
    kms: (region) => new KMSClient({ region, endpoint: origins[region], credentials, maxAttempts: 1 }),
    start,
    stop,
    close: async () => {
      for (const region of Array.from(running.keys())) await stop(region)
      rmSync(folder, { recursive: true })
    },
  }
}

/** Asks until the answer is wanted; fails with the last answer when it takes too long. */
export const eventually = async <Answer>(
  ask: () => Promise<Answer>,
  isWanted: (answer: Answer) => boolean,
  timeLimitMs = 20_000,
): Promise<Answer> => {
  const deadline = Date.now() + timeLimitMs
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (Date.now() > deadline)
      throw new Error(`it never came to be; the last answer was ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The key policy that Amazon documents for a pool's key, for pools of any ID. */
export const poolKeyPolicy = (
  services: readonly string[] = ['cognito-idp.amazonaws.com', 'identitystore.amazonaws.com'],
): string => {
  const anyPool = `arn:aws:cognito-idp:*:${account}:userpool/*`
  const source = { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': anyPool } }
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Allow',
        Principal: { Service: services },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKeyWithoutPlaintext'],
        Resource: '*',
        Condition: {
          ...source,
          StringLike: { 'kms:EncryptionContext:aws:cognito-idp:userpool-arn': anyPool },
        },
      },
      {
        Effect: 'Allow',
        Principal: { Service: services },
        Action: 'kms:DescribeKey',
        Resource: '*',
        Condition: source,
      },
    ],
  })
}
