// What a Region process is started with: a JSON file (mode 0600) that the supervisor or an operator writes.
import { z } from 'zod'
import { identityPolicy } from '../iam/identity-policy.ts'
import { trustedProxies } from '../wire/client-address.ts'

export const regionName = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a Region name looks like us-east-1')

const origin = z.url({ protocol: /^https?$/ })

const certificateFiles = z.object({
  certificateFile: z.string(),
  keyFile: z.string(),
  authorityFile: z.string(),
})

/** Root's when it has no name; a user's otherwise, who may do only what the policies allow. */
export const accessKey = z
  .object({
    accessKeyId: z.string().min(1),
    secretAccessKey: z.string().min(1),
    userName: z
      .string()
      .regex(/^[\w+=,.@-]{1,64}$/, 'a user name has 1 to 64 letters, digits and +=,.@_-')
      .optional(),
    policies: z.array(identityPolicy).max(10).optional(),
  })
  .refine(
    ({ userName, policies }) => policies === undefined || userName !== undefined,
    'policies need a userName',
  )

const credentials = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
})

export const messageDelivery = z.object({
  /** How long a caller waits for a message to be taken (10 unless said). */
  timeoutSeconds: z.int().min(1).max(60).optional(),
  email: z
    .object({
      smtp: z.object({
        host: z.string().min(1),
        port: z.int().min(1).max(65_535),
        security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
        user: z.string().min(1).optional(),
        /** Or in the environment, as TWINPOOL_SMTP_PASSWORD. */
        password: z.string().min(1).optional(),
        /** PEM of the authorities that the server's certificate is verified under, in place of the public ones. */
        authorityFile: z.string().min(1).optional(),
      }),
      from: z.string().min(3),
    })
    .optional(),
  sms: z
    .union([
      /** The token, or in the environment TWINPOOL_SMS_WEBHOOK_TOKEN, goes along as a bearer token. */
      z.object({
        webhook: z.object({ url: z.url({ protocol: /^https?$/ }), token: z.string().min(1).optional() }),
      }),
      z.object({
        sns: z.object({
          endpoint: z.union([z.literal('aws'), origin]),
          region: regionName.optional(),
          credentials: credentials.optional(),
          senderId: z
            .string()
            .regex(/^[A-Za-z0-9]{1,11}$/, 'a sender ID has 1 to 11 letters and digits')
            .optional(),
        }),
      }),
    ])
    .optional(),
})

const awsEndpoint = z.union([z.literal('aws'), origin])

export const logDelivery = z.object({
  cloudWatchLogs: z.object({ endpoint: awsEndpoint }).optional(),
  firehose: z.object({ endpoint: awsEndpoint }).optional(),
  /** `region`: where the buckets are, if elsewhere. */
  s3: z.object({ endpoint: awsEndpoint, region: regionName.optional() }).optional(),
  /** Absent: the deployment's first access key; for `aws` what the AWS SDK finds. */
  credentials: credentials.optional(),
  /** How long events wait for others to go with them (1 unless said, for S3 60). */
  batchSeconds: z.int().min(0).max(300).optional(),
})

export const regionConfiguration = z.object({
  region: regionName,
  account: z.string().regex(/^\d{12}$/, 'an account ID has 12 digits'),
  host: z.string().min(1),
  port: z.int().min(0).max(65_535),
  /** Everything that this Region keeps lies in this folder. */
  dataFolder: z.string().min(1),
  /**
   * Without it the Region keeps its data in files in its data folder. With it any number of nodes can serve the Region: each with this database,
   * the same root key (TWINPOOL_ROOT_KEY or TWINPOOL_ROOT_KEY_FILE) and an origin of its own at which the other nodes reach it.
   */
  postgres: z
    .object({
      // Not z.url: it may name several servers, `postgres://one:5432,other:5432/…`, which the store takes apart.
      url: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://'),
      nodeOrigin: origin,
    })
    .optional(),
  /** This Region's own origin as clients reach it. */
  origin,
  routerOrigin: origin,
  baseDomain: z.string().min(1).optional(),
  /** The port that clients see at names under the base domain, where something stands before the router. */
  publicPort: z.int().min(1).max(65_535).optional(),
  /** All Regions of the deployment by name, this one included, and the origin at which each is reached by the others. */
  peers: z.record(regionName, origin),
  accessKeys: z.array(accessKey).min(1),
  /** The router, load balancers, and other nodes of the Region: whose X-Forwarded-For says where a request comes from. */
  trustedProxies: trustedProxies.default([]),
  /** 32 bytes, base64: what the Regions of a deployment know of each other. Peer credentials are derived from it. */
  deploymentSecret: z.base64(),
  tls: certificateFiles.optional(),
  /**
   * PEM files by which the Regions show each other who they are, in place of what they make from the deployment secret: this Region's certificate, whose
   * subject alternative name is the Region's name, its key, and the authorities under which other Regions' certificates are taken.
   */
  peerTls: certificateFiles.optional(),
  /** Where the functions of Lambda triggers run: at a URL of the Invoke API (`aws`: AWS Lambda), or in a folder, which goes first. */
  lambda: z
    .object({
      endpoint: z.union([z.literal('aws'), origin]).optional(),
      credentials: credentials.optional(),
      functionsFolder: z.string().min(1).optional(),
    })
    .optional(),
  /** How messages to users leave the deployment. What has no way out stays in the development inbox. */
  messages: messageDelivery.optional(),
  /** Where logs of user pools are delivered to (SetLogDeliveryConfiguration). What has no endpoint is not delivered. */
  logs: logDelivery.optional(),
  /** Passwords that are known elsewhere, as they are or as SHA-1 in hex, one a line: for threat protection. */
  compromisedPasswordsFile: z.string().min(1).optional(),
  dataKeyLifetimeSeconds: z.int().min(1).max(3_600).default(60),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export type RegionConfiguration = z.infer<typeof regionConfiguration>
