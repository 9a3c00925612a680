// Another Region becomes the primary: handed over with nothing lost, or taken when the primary is gone; the old one gives way by itself.
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  ListUserPoolReplicasCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOperatorClient } from '../../src/operator/operator-client.ts'
import type { ReplicationShape, TakeoverShape } from '../../src/replication/operator-shapes.ts'
import { eventually, startRegions, type TestRegions } from '../support/regions.ts'
import { machineToken, makeReplicatedPool, type ReplicatedPool, signIn } from '../support/replicated-pool.ts'

const east = 'us-east-1'
const west = 'us-west-2'
let regions: TestRegions
let pool: ReplicatedPool
beforeAll(async () => {
  regions = await startRegions([east, west])
  pool = await makeReplicatedPool(regions)
})
afterAll(() => regions.close())

const operator = (region: string) =>
  createOperatorClient({
    origin: regions.origins[region] ?? '',
    region,
    credentials: regions.credentials,
  })
const promote = async (region: string, how: object = {}): Promise<TakeoverShape> => {
  const answer = await operator(region).call('PromoteUserPoolReplica', { UserPoolId: pool.poolId, ...how })
  return (answer as { Takeover: TakeoverShape }).Takeover
}
const describeAt = async (region: string): Promise<ReplicationShape> => {
  const answer = await operator(region).call('DescribeUserPoolReplication', { UserPoolId: pool.poolId })
  return (answer as { Replication: ReplicationShape }).Replication
}
const createUser = (region: string, name: string) =>
  regions
    .cognito(region)
    .send(new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username: name, MessageAction: 'SUPPRESS' }))
const hasUser = (region: string, name: string): Promise<boolean> =>
  regions
    .cognito(region)
    .send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: name }))
    .then(
      () => true,
      () => false,
    )
const follows = (region: string) =>
  eventually(
    () => describeAt(region),
    ({ FollowerState, Role, Status }) =>
      Role === 'SECONDARY' && FollowerState === 'following' && Status === 'ACTIVE',
  )

/** Writes all the time at whichever Region takes it, and keeps what was acknowledged. */
const keepWriting = (prefix: string, signal: AbortSignal) => {
  const acknowledged: string[] = []
  const refusals = new Set<string>()
  const run = async (): Promise<void> => {
    for (let count = 0; !signal.aborted; count += 1) {
      const name = `${prefix}${count}`
      for (const region of [east, west]) {
        try {
          await createUser(region, name)
          acknowledged.push(name)
          break
        } catch (error) {
          refusals.add((error as Error).name)
        }
      }
    }
  }
  return { acknowledged, refusals, ended: run() }
}

test('a planned promotion loses no acknowledged write and takes a moment', async () => {
  const before = await signIn(regions, east, pool)
  const stopping = new AbortController()
  const writing = keepWriting('planned-', stopping.signal)
  await eventually(
    () => Promise.resolve(writing.acknowledged.length),
    (count) => count > 20,
  )
  const takeover = await promote(west)
  expect(takeover).toMatchObject({ Epoch: 1, RegionName: west, Forced: false })
  const count = writing.acknowledged.length
  await eventually(
    () => Promise.resolve(writing.acknowledged.length),
    (now) => now > count + 20,
  )
  stopping.abort()
  await writing.ended
  for (const name of writing.acknowledged) expect(await hasUser(west, name), name).toBe(true)
  expect([...writing.refusals]).toEqual(['OperationNotEnabledException'])

  const [atEast, atWest] = [await follows(east), await describeAt(west)]
  expect(atEast).toMatchObject({ PrimaryRegion: west, TakesWrites: false, SetAsideCount: 0, Epoch: 1 })
  expect(atWest).toMatchObject({ Role: 'PRIMARY', PrimaryRegion: west, TakesWrites: true })
  await eventually(
    () => describeAt(east),
    ({ Position }) => Position === atWest.Position,
  )
  expect((await describeAt(east)).Digest).toBe(atWest.Digest)

  await expect(createUser(east, 'refused')).rejects.toMatchObject({
    name: 'OperationNotEnabledException',
    message: expect.stringMatching(/SECONDARY.*us-west-2/),
  })
  for (const region of [east, west]) {
    const { UserPoolReplicas } = await regions
      .cognito(region)
      .send(new ListUserPoolReplicasCommand({ UserPoolId: pool.poolId }))
    expect(UserPoolReplicas).toMatchObject([
      { RegionName: west, Role: 'PRIMARY', Status: 'ACTIVE' },
      { RegionName: east, Role: 'SECONDARY', Status: 'ACTIVE' },
    ])
    await signIn(regions, region, pool)
    expect((await machineToken(regions, region, pool.machine)).error).toBeUndefined()
    // Tokens of before the promotion go on.
    await regions.cognito(region).send(new GetUserCommand({ AccessToken: before.accessToken }))
  }
})

test('asking again is answered with the same takeover; a primary can not be promoted; nor a stranger', async () => {
  expect(await promote(west)).toMatchObject({ Epoch: 1, RegionName: west })
  await expect(
    operator(west).call('PromoteUserPoolReplica', { UserPoolId: 'us-east-1_Nowhere12' }),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
})

test('failing back is the same command', async () => {
  const takeover = await promote(east)
  expect(takeover).toMatchObject({ Epoch: 2, RegionName: east, Forced: false })
  await createUser(east, 'after-failback')
  await follows(west)
  await eventually(
    () => hasUser(west, 'after-failback'),
    (has) => has,
  )
})

test('with the primary gone only force promotes; what the old one alone had is kept aside, and it follows by itself', async () => {
  const session = await signIn(regions, east, pool)
  await regions.stop(west)
  // These never leave the primary.
  for (const name of ['lost-1', 'lost-2']) await createUser(east, name)
  await regions.cognito(east).send(new GlobalSignOutCommand({ AccessToken: session.accessToken }))
  await regions.stop(east)
  await regions.start(west)
  await expect(promote(west)).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringContaining('does not answer'),
  })
  await expect(createUser(west, 'early')).rejects.toMatchObject({ name: 'OperationNotEnabledException' })
  const takeover = await promote(west, { Force: true })
  expect(takeover).toMatchObject({ Epoch: 3, RegionName: west, Forced: true })
  await createUser(west, 'made-after')
  await signIn(regions, west, pool)

  await regions.start(east)
  // From its first moment.
  await expect(createUser(east, 'split-brain')).rejects.toMatchObject({
    name: 'OperationNotEnabledException',
  })
  await follows(east)
  expect(await describeAt(east)).toMatchObject({ PrimaryRegion: west, Epoch: 3 })
  // Two users, the sign-out, and what signing in and out noted.
  expect((await describeAt(east)).SetAsideCount).toBeGreaterThanOrEqual(3)
  await eventually(
    () => hasUser(east, 'made-after'),
    (has) => has,
  )
  for (const region of [east, west])
    for (const name of ['lost-1', 'lost-2']) expect(await hasUser(region, name)).toBe(false)
  // A sign-out alone is never left behind.
  for (const region of [west, east])
    await eventually(
      () =>
        regions
          .cognito(region)
          .send(new GetUserCommand({ AccessToken: session.accessToken }))
          .then(
            () => 'accepted',
            (error: Error) => error.name,
          ),
      (answer) => answer === 'NotAuthorizedException',
    )
  await signIn(regions, east, pool)
})

type SetAsideWrite = {
  readonly Id: string
  readonly Changes: readonly {
    readonly Collection: string
    readonly Action: string
    readonly Name?: string
  }[]
}

test('what was kept aside can be seen, and applied to the new primary where nothing stands against it', async () => {
  const { Writes } = (await operator(east).call('ListSetAsideWrites', { UserPoolId: pool.poolId })) as {
    Writes: readonly SetAsideWrite[]
  }
  const writeOf = (name: string) =>
    Writes.find(({ Changes }) =>
      Changes.some(({ Collection, Name }) => Collection === 'users' && Name === name),
    )
  expect(writeOf('lost-1')?.Changes).toContainEqual({ Collection: 'users', Action: 'PUT', Name: 'lost-1' })
  // Somebody made this one again since.
  await createUser(west, 'lost-2')
  const applied = (await operator(east).call('ReapplySetAsideWrites', { UserPoolId: pool.poolId })) as {
    AppliedCount: number
    ConflictingIds: readonly string[]
  }
  expect(applied.ConflictingIds).toEqual([writeOf('lost-2')?.Id])
  expect(await hasUser(west, 'lost-1')).toBe(true)
  await eventually(
    () => hasUser(east, 'lost-1'),
    (has) => has,
  )
  // In every list, not only by name.
  const { Users } = await regions
    .cognito(west)
    .send(new ListUsersCommand({ UserPoolId: pool.poolId, Filter: 'username ^= "lost-"' }))
  expect(Users?.map(({ Username }) => Username).toSorted()).toEqual(['lost-1', 'lost-2'])
  expect((await describeAt(east)).SetAsideCount).toBe(1)
  expect(await operator(east).call('DiscardSetAsideWrites', { UserPoolId: pool.poolId })).toEqual({
    DiscardedCount: 1,
  })
  expect((await describeAt(east)).SetAsideCount).toBe(0)
})
