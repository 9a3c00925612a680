// What is stored of a user pool: its global settings (replicated), its regional ones, its public keys, and the Region's list of pools.
import type {
  CreateUserPoolRequest,
  CustomDomainConfigType,
  EmailConfigurationType,
  EmailMfaConfigType,
  LambdaConfigType,
  ReplicaStatusType,
  RoutingType,
  SchemaAttributeType,
  SmsConfigurationType,
  WebAuthnConfigurationType,
} from '@aws-sdk/client-cognito-identity-provider'
import type { JWK } from 'jose'
import { collection } from '../../vault/collection.ts'

/** Settings as they were given to Create/UpdateUserPool with Amazon's defaults filled in; what another record holds is left out. */
export type GlobalSettings = Omit<
  CreateUserPoolRequest,
  | 'PoolName'
  | 'Schema'
  | 'KeyConfiguration'
  | 'UserPoolTags'
  | 'EmailConfiguration'
  | 'SmsConfiguration'
  | 'LambdaConfig'
>

/** The pool itself: one record a pool. */
export type UserPool = {
  readonly poolId: string
  readonly name: string
  readonly createdAtMs: number
  readonly modifiedAtMs: number
  /** Standard attributes and custom ones (`custom:x`), as DescribeUserPool returns them in SchemaAttributes. */
  readonly schema: readonly SchemaAttributeType[]
  readonly settings: GlobalSettings
  /** What SetUserPoolMfaConfig adds to the settings; absent until it is called. */
  readonly mfa?: PoolMfa
  /** What SetUserPoolSessionConfiguration sets; absent until it is called. */
  readonly sessions?: { readonly isTracked: boolean; readonly tokenMaxPerUser: number }
}

/** Factors that only SetUserPoolMfaConfig can set. `email` is present when e-mail messages are a second factor. */
export type PoolMfa = {
  readonly isSoftwareTokenEnabled: boolean
  /** That SMS is a second factor, also for a Region that has no SMS settings of its own. */
  readonly isSmsEnabled?: boolean
  readonly email?: EmailMfaConfigType
  readonly webAuthn?: WebAuthnConfigurationType
}

export const userPools = collection<UserPool, 'replicated'>('pool', {
  locality: 'replicated',
  isCached: true,
  keyOf: ({ poolId }) => poolId,
})

/** Settings that each replica has for itself (spec/replication.md, "What travels"). */
export type RegionalSettings = {
  readonly poolId: string
  readonly email?: EmailConfigurationType
  readonly sms?: SmsConfigurationType
  readonly lambda?: LambdaConfigType
  readonly tags: Readonly<Record<string, string>>
}

export const regionalSettings = collection<RegionalSettings, 'regional'>('regional-settings', {
  locality: 'regional',
  isCached: true,
  keyOf: ({ poolId }) => poolId,
})

/** What of a pool anybody may read, and what must be readable when the pool's key can't be used: JWKS and discovery. */
export type PublicPool = {
  readonly poolId: string
  readonly issuerType: 'ORIGINAL' | 'UPDATED'
  /** The two RSA public keys, each with kid, alg and use. */
  readonly jwks: readonly JWK[]
  /** The pool's prefix domain and custom domain: they stand in the DNS anyway. */
  readonly domains?: readonly string[]
  /** DeletionProtection ACTIVE: it also holds while the pool's settings can't be read. */
  readonly isDeletionProtected?: boolean
}

export const publicPools = collection<PublicPool, 'replicated'>('public', {
  locality: 'replicated',
  isSealed: false,
  keyOf: ({ poolId }) => poolId,
})

/** The private halves of a pool's two RSA-2048 key pairs (RFC 7517 JWK). */
export type SigningKey = { readonly use: 'id' | 'access'; readonly kid: string; readonly privateJwk: JWK }

export const signingKeys = collection<SigningKey, 'replicated'>('signing-keys', {
  locality: 'replicated',
  isCached: true,
  keyOf: ({ use }) => use,
})

/**
 * The root of what sign-in seals for itself: challenge sessions, refresh tokens, and the look of users who don't exist. 32 random bytes,
 * base64, made with the pool; replicated, so that any Region finishes what another began.
 */
export type TokenKey = { readonly poolId: string; readonly secret: string }

export const tokenKeys = collection<TokenKey, 'replicated'>('token-keys', {
  locality: 'replicated',
  isCached: true,
  keyOf: ({ poolId }) => poolId,
})

/** One replica of the pool, the primary included. Written at the primary, so every Region can list them during an outage. */
export type Replica = {
  readonly regionName: string
  readonly role: 'PRIMARY' | 'SECONDARY'
  readonly status: ReplicaStatusType
  /** When the status was set; the later one wins where two Regions set it. */
  readonly statusAtMs: number
}

export const replicas = collection<Replica, 'replicated'>('replicas', {
  locality: 'replicated',
  isCached: true,
  keyOf: ({ regionName }) => regionName,
})

/** A Region became the pool's primary: it wrote on from what it had at `position`, in a new epoch. */
export type Takeover = {
  readonly epoch: number
  readonly region: string
  readonly position: number
  readonly digest: string
  readonly atMs: number
  readonly isForced: boolean
}

/** Who may write, and what this Region has still to do about it (src/replication/SPEC.md, "Promotion"). */
export type Reign = {
  /** The latest last, a bounded number. */
  readonly takeovers: readonly Takeover[]
  /** The highest epoch that this Region has heard of or tried, so that none is used twice. */
  readonly seenEpoch: number
  /** At a primary: it takes no writes any more, so that `to` can catch up and take over. */
  readonly handover?: { readonly to: string; readonly epoch: number }
  /** At a secondary: it is about to take over. */
  readonly candidacy?: { readonly epoch: number; readonly isForced: boolean; readonly startedAtMs: number }
  /** At a primary that was set back to an earlier state than this replica of it: it takes no writes until an operator has chosen between the two. */
  readonly isOlderThan?: { readonly region: string; readonly position: number }
  /** At a new primary: it has taken over and does not take writes yet. */
  readonly isOpening?: boolean
  /**
   * At a secondary that has a new primary: what it has beyond `after` was never the new primary's. `copy-anew` when that has been set aside, `copying` once the copy
   * of this primary has begun.
   */
  readonly succession?: {
    readonly after: number
    readonly step: 'compare' | 'copy-anew' | 'copying'
  }
}

/** A write is acknowledged when an ACTIVE secondary has it too; and what happens when none answers. */
export type Acknowledgement = { readonly whenNoneAnswers: 'refuse' | 'continue' }

/** This Region's list of the pools it has, under the Region's own key, so that the list works while a pool's key can't be used. */
export type RegisteredPool = {
  readonly poolId: string
  readonly name: string
  readonly createdAtMs: number
  readonly modifiedAtMs: number
  readonly role: 'PRIMARY' | 'SECONDARY'
  /** ACTIVE on a primary. A status set at this replica is here at once, and at the primary as soon as it can be told. */
  readonly status: ReplicaStatusType
  readonly statusAtMs: number
  readonly primaryRegion: string
  /** The Regions of the pool's secondaries, for ListUserPools. */
  readonly replicaRegions: readonly string[]
  /** Absent until the pool's first promotion, or the first try of one. */
  readonly reign?: Reign
  /** Absent: a write is acknowledged when it is durable here. */
  readonly acknowledgement?: Acknowledgement
  /** `UserPoolTags` that CreateUserPoolReplica gave to this replica, until its regional settings are made. */
  readonly initialTags?: Readonly<Record<string, string>>
  /** While a replica that was in use is copied anew (and is CREATING meanwhile): the status that it goes back to. */
  readonly statusAfterCopy?: 'ACTIVE' | 'INACTIVE'
  /** This Region's Lambda triggers, for ListUserPools; the regional settings are what counts. */
  readonly lambda?: LambdaConfigType
}

export const registeredPools = collection<RegisteredPool, 'regional'>('pools', {
  locality: 'regional',
  isCached: true,
  keyOf: ({ poolId }) => poolId,
})

/** A domain of the pool: a prefix (`my-app`) or a custom domain. Found Region-wide by its name. */
export type UserPoolDomain = {
  readonly domain: string
  readonly createdAtMs: number
  readonly custom?: CustomDomainConfigType
  readonly managedLoginVersion: number
  /** Failover of a custom domain to a secondary. */
  readonly routing?: RoutingType
}

export const userPoolDomains = collection<UserPoolDomain, 'replicated'>('domains', {
  locality: 'replicated',
  isCached: true,
  keyOf: ({ domain }) => domain,
  terms: ({ domain }) => [{ name: 'domain', value: domain, regionWide: true }],
})

/** False at a secondary; and at a primary that hands over, has not opened yet, or was set back to an earlier state than its replica. */
export const takesWrites = ({ role, reign }: Pick<RegisteredPool, 'role' | 'reign'>): boolean =>
  role === 'PRIMARY' &&
  reign?.handover === undefined &&
  reign?.isOpening !== true &&
  reign?.isOlderThan === undefined
