// UpdateUserPool: new settings for a pool; what is left out goes back to its default, but for the key, the issuer, the tags, MFA and the policies, which stay.
import type { UpdateUserPoolRequest } from '@aws-sdk/client-cognito-identity-provider'
import type { Stored } from '../../../vault/records.ts'
import { inRegion } from '../../../vault/vault.ts'
import { Fault } from '../../../wire/fault.ts'
import { checkNoImportRuns } from '../../import-rules.ts'
import { kmsKeyArnOf } from '../../key-configuration.ts'
import { type Context, operation } from '../../operation.ts'
import { withSmsFactor } from '../../pool-mfa.ts'
import { checkPoolSettings } from '../../pool-rules.ts'
import {
  type GivenSettings,
  policiesAfter,
  settledRegionalSettings,
  settledSettings,
} from '../../pool-settings.ts'
import { putRegionalSettings } from '../../put-regional-settings.ts'
import { hasSecondaries, readPool, readRegionalSettings } from '../../read-pool.ts'
import { publicPools, type RegionalSettings, type UserPool, userPools } from '../../records/user-pool.ts'
import { checkOnlyRegionalChanges } from '../../secondary-update.ts'
import { checkTags } from '../../tag-rules.ts'
import { updateRegistration } from '../../update-registration.ts'

type UpdateContext = Context<'inactive'>

/** How SMS is sent stays while the pool asks for a second factor, which may come by SMS. */
const keptSms = (
  { SmsConfiguration, MfaConfiguration }: UpdateUserPoolRequest,
  { settings }: UserPool,
  { sms }: RegionalSettings,
): RegionalSettings['sms'] => {
  const isMfaOff = (MfaConfiguration ?? settings.MfaConfiguration ?? 'OFF') === 'OFF'
  return SmsConfiguration ?? (isMfaOff ? undefined : sms)
}

/** The request with what UpdateUserPool can't change, and with what stays unless it is given. */
const completed = (
  input: UpdateUserPoolRequest,
  pool: UserPool,
  regional: RegionalSettings,
): GivenSettings => ({
  ...input,
  AliasAttributes: pool.settings.AliasAttributes,
  UsernameAttributes: pool.settings.UsernameAttributes,
  UsernameConfiguration: pool.settings.UsernameConfiguration,
  IssuerConfiguration: input.IssuerConfiguration ?? pool.settings.IssuerConfiguration,
  MfaConfiguration: input.MfaConfiguration ?? pool.settings.MfaConfiguration,
  Policies: policiesAfter(input, pool.settings),
  SmsConfiguration: keptSms(input, pool, regional),
})

/** What a pool with replicas can't do: change its key, or go to a plan that has no replication. */
const checkReplicated = (
  input: UpdateUserPoolRequest,
  change: { readonly changesKey: boolean; readonly hasReplicas: boolean },
): void => {
  if (!change.hasReplicas) return
  if (change.changesKey)
    throw new Fault(
      'InvalidParameterException',
      'KeyConfiguration can not be changed while the user pool has replicas. Delete the replicas first.',
    )
  if (input.UserPoolTier === 'LITE')
    throw new Fault(
      'InvalidParameterException',
      'The tier of a user pool that has replicas must be ESSENTIALS or PLUS. Delete the replicas first.',
    )
}

/** The pool's customer managed key as this Region names it; undefined for the service-owned key. */
const currentKey = async ({ vault, pool, region }: UpdateContext): Promise<string | undefined> => {
  const kmsKeyArn = await vault.kmsKeyArnOf(pool.poolId)
  return kmsKeyArn === undefined ? undefined : inRegion(kmsKeyArn, region)
}

/** The key that the request asks for, when it is another one than the pool has. */
const keyChange = async (
  input: UpdateUserPoolRequest,
  context: UpdateContext,
): Promise<{ readonly kmsKeyArn: string | undefined } | undefined> => {
  if (input.KeyConfiguration === undefined) return undefined
  const kmsKeyArn = kmsKeyArnOf(input.KeyConfiguration, context)
  return kmsKeyArn === (await currentKey(context)) ? undefined : { kmsKeyArn }
}

const updatePrimary = async (
  input: UpdateUserPoolRequest,
  stored: Stored<UserPool>,
  context: UpdateContext,
): Promise<void> => {
  const { pool, vault, clock } = context
  const records = pool.asPrimary('changes global settings')
  const regional = await readRegionalSettings(pool)
  const given = completed(input, stored.value, regional.value)
  checkPoolSettings(given, stored.value.mfa)
  await checkNoImportRuns(records)
  const newKey = await keyChange(input, context)
  checkReplicated(input, { changesKey: newKey !== undefined, hasReplicas: await hasSecondaries(pool) })

  const publicPool = await records.get(publicPools, pool.poolId)
  const mfa = withSmsFactor(stored.value.mfa, given.MfaConfiguration, given.SmsConfiguration)
  const changed: UserPool = {
    ...stored.value,
    name: input.PoolName ?? stored.value.name,
    modifiedAtMs: clock.now(),
    settings: settledSettings(given),
    ...(mfa === undefined ? {} : { mfa }),
  }
  const issuerType = changed.settings.IssuerConfiguration?.Type ?? 'ORIGINAL'
  const isDeletionProtected = changed.settings.DeletionProtection === 'ACTIVE'
  const changedRegional = settledRegionalSettings(
    pool.poolId,
    given,
    input.UserPoolTags ?? regional.value.tags,
  )

  // The key first: a key that can't be used refuses the request before anything else has changed.
  if (newKey !== undefined) await vault.changeKey(pool.poolId, newKey.kmsKeyArn)
  await records.commit((changes) => {
    changes.replace(userPools, stored, changed)
    putRegionalSettings(changes, regional.stored, changedRegional)
    if (publicPool === undefined) return
    const { value } = publicPool
    if (value.issuerType !== issuerType || value.isDeletionProtected !== isDeletionProtected)
      changes.replace(publicPools, publicPool, { ...value, issuerType, isDeletionProtected })
  })
  await updateRegistration(vault, pool.poolId, {
    name: changed.name,
    modifiedAtMs: changed.modifiedAtMs,
    lambda: changedRegional.lambda,
  })
}

const updateSecondary = async (
  input: UpdateUserPoolRequest,
  stored: Stored<UserPool>,
  context: UpdateContext,
): Promise<void> => {
  const { pool, vault } = context
  checkOnlyRegionalChanges(input, {
    pool: stored.value,
    registered: pool.registered,
    kmsKeyArn: await currentKey(context),
  })
  const regional = await readRegionalSettings(pool)
  const given: GivenSettings = {
    ...stored.value.settings,
    EmailConfiguration: input.EmailConfiguration,
    SmsConfiguration: keptSms(input, stored.value, regional.value),
    LambdaConfig: input.LambdaConfig,
  }
  checkPoolSettings(given, stored.value.mfa)
  const changed = settledRegionalSettings(pool.poolId, given, input.UserPoolTags ?? regional.value.tags)
  await pool.records.commit((changes) => putRegionalSettings(changes, regional.stored, changed))
  await updateRegistration(vault, pool.poolId, { lambda: changed.lambda })
}

export const updateUserPool = operation({
  name: 'UpdateUserPool',
  runs: 'inactive',
  handle: async (input, context) => {
    checkTags(input.UserPoolTags ?? {}, 'UserPoolTaggingException')
    const stored = await readPool(context.pool)
    const update = context.pool.registered.role === 'PRIMARY' ? updatePrimary : updateSecondary
    await update(input, stored, context)
    return {}
  },
})
