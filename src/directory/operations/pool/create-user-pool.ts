// CreateUserPool: makes a pool's keys and records, and registers it in this Region as its primary.
import type { CreateUserPoolRequest } from '@aws-sdk/client-cognito-identity-provider'
import { schemaOf } from '../../attribute-schema.ts'
import { kmsKeyArnOf } from '../../key-configuration.ts'
import { type Context, operation } from '../../operation.ts'
import { describedPool } from '../../pool-description.ts'
import { withSmsFactor } from '../../pool-mfa.ts'
import { checkPoolSettings } from '../../pool-rules.ts'
import { settledRegionalSettings, settledSettings } from '../../pool-settings.ts'
import { makeSigningKeys } from '../../pool-signing-keys.ts'
import { alphanumeric, randomString } from '../../random-string.ts'
import {
  publicPools,
  type RegionalSettings,
  regionalSettings,
  registeredPools,
  replicas,
  signingKeys,
  tokenKeys,
  type UserPool,
  userPools,
} from '../../records/user-pool.ts'
import { checkTags } from '../../tag-rules.ts'
import { dropUnfinishedPool, unfinishedPools } from '../../unfinished-pools.ts'

const idLength = 9
const tokenKeyBytes = 32
const idAttemptsMax = 10

type NewPool = { readonly pool: UserPool; readonly regional: RegionalSettings }

/** The pool's own records, in one commit. The vault has its keyring already. */
const storePool = async ({ pool, regional }: NewPool, context: Context<'region'>): Promise<void> => {
  const { signing, jwks } = await makeSigningKeys(context.random)
  await context.vault.pool(pool.poolId).primary.commit((changes) => {
    changes.create(userPools, pool)
    changes.create(regionalSettings, regional)
    changes.create(publicPools, {
      poolId: pool.poolId,
      issuerType: pool.settings.IssuerConfiguration?.Type ?? 'ORIGINAL',
      jwks,
      isDeletionProtected: pool.settings.DeletionProtection === 'ACTIVE',
    })
    for (const key of signing) changes.create(signingKeys, key)
    changes.create(tokenKeys, {
      poolId: pool.poolId,
      secret: context.random.bytes(tokenKeyBytes).toString('base64'),
    })
    changes.create(replicas, {
      regionName: context.region,
      role: 'PRIMARY',
      status: 'ACTIVE',
      statusAtMs: pool.createdAtMs,
    })
  })
}

/** The last step: from here on the pool exists. */
const registerPool = async ({ pool, regional }: NewPool, context: Context<'region'>): Promise<void> => {
  const { region } = context.vault
  const unfinished = await region.get(unfinishedPools, pool.poolId)
  await region.commit((changes) => {
    if (unfinished !== undefined) changes.delete(unfinishedPools, unfinished)
    changes.create(registeredPools, {
      poolId: pool.poolId,
      name: pool.name,
      createdAtMs: pool.createdAtMs,
      modifiedAtMs: pool.modifiedAtMs,
      role: 'PRIMARY',
      status: 'ACTIVE',
      statusAtMs: pool.createdAtMs,
      primaryRegion: context.region,
      replicaRegions: [],
      lambda: regional.lambda,
    })
  })
}

/** An ID that no pool of this Region has, so that cleaning up after a failure can't touch another pool. */
const freePoolId = async (context: Context<'region'>): Promise<string> => {
  for (let attempt = 1; attempt <= idAttemptsMax; attempt += 1) {
    const poolId = `${context.region}_${randomString(context.random, alphanumeric, idLength)}`
    if ((await context.vault.region.get(registeredPools, poolId)) === undefined) return poolId
  }
  throw new Error('no free user pool ID was drawn')
}

const newPool = (poolId: string, input: CreateUserPoolRequest, context: Context<'region'>): NewPool => {
  const nowMs = context.clock.now()
  const mfa = withSmsFactor(undefined, input.MfaConfiguration, input.SmsConfiguration)
  return {
    pool: {
      poolId,
      name: input.PoolName ?? '',
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
      schema: schemaOf(input.Schema),
      settings: settledSettings(input),
      ...(mfa === undefined ? {} : { mfa }),
    },
    regional: settledRegionalSettings(poolId, input, input.UserPoolTags ?? {}),
  }
}

export const createUserPool = operation({
  name: 'CreateUserPool',
  runs: 'region',
  handle: async (input, context) => {
    checkPoolSettings(input)
    checkTags(input.UserPoolTags ?? {}, 'UserPoolTaggingException')
    const kmsKeyArn = kmsKeyArnOf(input.KeyConfiguration, context)
    const poolId = await freePoolId(context)
    const made = newPool(poolId, input, context)
    const arn = context.endpoints.poolArn(poolId)

    await context.vault.region.commit((changes) =>
      changes.create(unfinishedPools, { poolId, sinceMs: made.pool.createdAtMs }),
    )
    try {
      await context.vault.createPool(poolId, { poolArn: arn, kmsKeyArn })
      await storePool(made, context)
      await registerPool(made, context)
    } catch (error) {
      // What can't be dropped now is dropped at the next start; the caller gets the error that came first.
      await dropUnfinishedPool(context.vault, poolId).catch((dropError: unknown) =>
        context.log.error({ err: dropError, poolId }, 'a half made user pool could not be dropped'),
      )
      throw error
    }
    return { UserPool: describedPool({ ...made, arn, userCount: 0, domains: [], kmsKeyArn }) }
  },
})
