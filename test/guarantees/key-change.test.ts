// A pool that moves to another key while it serves, and one whose key is gone: through the AWS SDK, in a real Region.
import { join } from 'node:path'
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolDomainCommand,
  DeleteUserPoolCommand,
  DescribeUserPoolCommand,
  ListUserPoolsCommand,
  ListUsersCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { dataKeyIdOf } from '../../src/vault/envelope.ts'
import { isSealedKey } from '../../src/vault/fenced-store.ts'
import { eventually, poolKeyPolicy, startRegions, type TestRegions } from '../support/regions.ts'
import { makePool, primaryRegion, signIn } from '../support/replicated-pool.ts'

let regions: TestRegions
beforeAll(async () => {
  regions = await startRegions([primaryRegion], { dataKeyLifetimeSeconds: 1 })
})
afterAll(() => regions.close())

const cognito = () => regions.cognito(primaryRegion)
const kms = () => regions.kms(primaryRegion)
const makeKey = async (): Promise<string> => {
  const { KeyMetadata } = await kms().send(new CreateKeyCommand({ Policy: poolKeyPolicy() }))
  return KeyMetadata?.Arn ?? ''
}
const customerKey = (KmsKeyArn: string) => ({ KeyType: 'CUSTOMER_MANAGED_KEY' as const, KmsKeyArn })
const metric = async (name: string, poolId: string): Promise<number | undefined> => {
  const text = await (await fetch(`${regions.origins[primaryRegion]}/_twinpool/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && one.includes(poolId))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')))
}
const resealed = (poolId: string) =>
  eventually(
    () => metric('twinpool_reseal_records_left', poolId),
    (left) => left === 0,
  )
/** The IDs of the data keys that the pool's records are sealed under, read from the stopped Region's files. */
const idsInFiles = async (poolId: string): Promise<readonly number[]> => {
  await regions.stop(primaryRegion)
  const store = await openSqliteStore({
    folder: join(regions.folder, primaryRegion, 'store'),
    clock: systemClock,
  })
  const records = [
    ...(await store.range(`${poolId}/`, { limit: 10_000 })),
    ...(await store.range(`@${poolId}/`, { limit: 10_000 })),
  ].filter(({ key }) => isSealedKey(key))
  const ring = await store.get(`${poolId}/keyring/current`)
  const { dataKeys } = JSON.parse(Buffer.from(ring?.value ?? []).toString('utf8')) as {
    dataKeys: { id: number }[]
  }
  expect(dataKeys.length).toBe(1)
  await store.close()
  await regions.start(primaryRegion)
  return [...new Set(records.map(({ value }) => dataKeyIdOf(value)))]
}
const user = { name: 'zebulon', password: 'Unguessable-1' }
const makeServingPool = async (keyArn: string | undefined) => {
  const poolId = await makePool(regions, keyArn)
  const app = await cognito().send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  await cognito().send(
    new AdminCreateUserCommand({
      UserPoolId: poolId,
      Username: user.name,
      MessageAction: 'SUPPRESS',
      UserAttributes: [{ Name: 'email', Value: 'zebulon@quarry.example' }],
    }),
  )
  await cognito().send(
    new AdminSetUserPasswordCommand({
      UserPoolId: poolId,
      Username: user.name,
      Password: user.password,
      Permanent: true,
    }),
  )
  return { poolId, user, appClientId: app.UserPoolClient?.ClientId ?? '' }
}

test('a pool moves from key to key while it serves; then the former keys can be destroyed', async () => {
  const first = await makeKey()
  const pool = await makeServingPool(undefined)
  const { poolId } = pool
  for (let index = 0; index < 150; index += 1)
    await cognito().send(
      new AdminCreateUserCommand({
        UserPoolId: poolId,
        Username: `user-${index}`,
        MessageAction: 'SUPPRESS',
      }),
    )
  let isThrough = false
  const serving = (async () => {
    let count = 0
    for (; !isThrough; count += 1) {
      await signIn(regions, primaryRegion, pool)
      await cognito().send(
        new AdminUpdateUserAttributesCommand({
          UserPoolId: poolId,
          Username: `user-${count % 150}`,
          UserAttributes: [{ Name: 'nickname', Value: `n${count}` }],
        }),
      )
    }
    return count
  })()
  const second = await makeKey()
  for (const KmsKeyArn of [first, second]) {
    await cognito().send(
      new UpdateUserPoolCommand({ UserPoolId: poolId, KeyConfiguration: customerKey(KmsKeyArn) }),
    )
    await resealed(poolId)
  }
  isThrough = true
  expect(await serving).toBeGreaterThan(0)
  expect(await metric('twinpool_reseal_records_done', poolId)).toBeGreaterThan(150)

  await kms().send(new DisableKeyCommand({ KeyId: first }))
  await kms().send(new ScheduleKeyDeletionCommand({ KeyId: first, PendingWindowInDays: 7 }))
  expect(await idsInFiles(poolId)).toEqual([3])
  await signIn(regions, primaryRegion, pool)
  const found = await cognito().send(
    new ListUsersCommand({ UserPoolId: poolId, Filter: 'email = "zebulon@quarry.example"' }),
  )
  expect(found.Users?.map(({ Username }) => Username)).toEqual([user.name])

  // And back to the service-owned key: then the pool needs no customer key at all.
  await cognito().send(
    new UpdateUserPoolCommand({ UserPoolId: poolId, KeyConfiguration: { KeyType: 'AWS_OWNED_KEY' } }),
  )
  await kms().send(new DisableKeyCommand({ KeyId: second }))
  await resealed(poolId)
  expect(await idsInFiles(poolId)).toEqual([4])
  const { UserPool } = await cognito().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
  expect(UserPool?.KeyConfiguration).toBeUndefined()
  await cognito().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'user-1' }))
})

test('a Region that stops while it seals a pool anew goes on when it starts', async () => {
  const { poolId } = await makeServingPool(undefined)
  for (let index = 0; index < 120; index += 1)
    await cognito().send(
      new AdminCreateUserCommand({
        UserPoolId: poolId,
        Username: `user-${index}`,
        MessageAction: 'SUPPRESS',
      }),
    )
  await cognito().send(
    new UpdateUserPoolCommand({ UserPoolId: poolId, KeyConfiguration: customerKey(await makeKey()) }),
  )
  await regions.stop(primaryRegion)
  await regions.start(primaryRegion)
  await resealed(poolId)
  expect(await idsInFiles(poolId)).toEqual([2])
})

const listed = async (poolId: string): Promise<boolean> =>
  ((await cognito().send(new ListUserPoolsCommand({ MaxResults: 60 }))).UserPools ?? []).some(
    ({ Id }) => Id === poolId,
  )
const unusable = (poolId: string, keyArn: string) =>
  eventually(
    () =>
      cognito()
        .send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
        .then(
          () => '',
          (error: Error) => error.message,
        ),
    (message) => message.includes(keyArn),
  )

test('a pool whose key can not be used any more can be deleted', async () => {
  const keyArn = await makeKey()
  const { poolId } = await makeServingPool(keyArn)
  await kms().send(new ScheduleKeyDeletionCommand({ KeyId: keyArn, PendingWindowInDays: 7 }))
  await unusable(poolId, keyArn)
  await cognito().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
  expect(await listed(poolId)).toBe(false)
  await expect(cognito().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
})

test('what protects a pool from deletion also does while its key can not be used', async () => {
  const keyArn = await makeKey()
  const poolId = await makePool(regions, keyArn, { DeletionProtection: 'ACTIVE' })
  const remove = () => cognito().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
  const disabled = async () => {
    await kms().send(new DisableKeyCommand({ KeyId: keyArn }))
    await unusable(poolId, keyArn)
  }
  await disabled()
  await expect(remove()).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringContaining('deletion protection'),
  })
  await kms().send(new EnableKeyCommand({ KeyId: keyArn }))
  await cognito().send(new UpdateUserPoolCommand({ UserPoolId: poolId, DeletionProtection: 'INACTIVE' }))
  await disabled()
  await remove()
  expect(await listed(poolId)).toBe(false)
})

test('a domain keeps its pool from deletion as long as the domain itself can be deleted', async () => {
  const keyArn = await makeKey()
  const poolId = await makePool(regions, keyArn)
  const remove = () => cognito().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
  const Domain = `domain-${poolId.slice(-6).toLowerCase()}`
  await cognito().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain }))
  await expect(remove()).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringContaining('domain'),
  })
  await kms().send(new DisableKeyCommand({ KeyId: keyArn }))
  await unusable(poolId, keyArn)
  await remove()
  expect(await listed(poolId)).toBe(false)
  // The name is free again.
  const next = await makePool(regions, undefined)
  await cognito().send(new CreateUserPoolDomainCommand({ UserPoolId: next, Domain }))
})

test('deletion protection ends when the key itself has been deleted', async () => {
  const keyArn = await makeKey()
  const poolId = await makePool(regions, keyArn, { DeletionProtection: 'ACTIVE' })
  await regions.stop(primaryRegion)
  const folder = join(regions.folder, primaryRegion, 'store')
  const store = await openSqliteStore({ folder, clock: systemClock })
  // What the key service does when the waiting period is over.
  for (const { key } of await store.range('@kms/keys/', { limit: 10_000 }))
    await store.commit({ delete: [key] })
  await store.close()
  await regions.start(primaryRegion)
  await unusable(poolId, keyArn)
  await cognito().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
  expect(await listed(poolId)).toBe(false)
})
