// Promotion on a network that fails at the worst moments: there is one history in the end, and what was left behind is kept aside.
import { afterEach, describe, expect, test } from 'vitest'
import { registeredPools } from '../../src/directory/records/user-pool.ts'
import type { ReplicationShape } from '../../src/replication/operator-shapes.ts'
import { Conflict } from '../../src/store/store.ts'
import {
  createDeployment,
  type Deployment,
  notes,
  otherRegion,
  poolId,
  primaryRegion,
  thirdRegion,
} from './support/deployment.ts'
import { waitUntil } from './support/wait-until.ts'

const east = primaryRegion
const west = otherRegion
const third = thirdRegion

let deployment: Deployment
afterEach(() => deployment.close())

const describeAt = async (region: string): Promise<ReplicationShape> =>
  (await deployment.region(region).replication.operator.describe({ UserPoolId: poolId })).Replication

const promote = (region: string, how: { Force?: boolean; DiscardAhead?: boolean } = {}) =>
  deployment.region(region).replication.operator.promote({ UserPoolId: poolId, ...how })

const activate = (region: string) =>
  deployment
    .region(east)
    .call('UpdateUserPoolReplica', { UserPoolId: poolId, RegionName: region, Status: 'ACTIVE' })

/** A pool with ACTIVE replicas in these Regions and three notes. */
const makeDeployment = async (replicas: readonly string[], delayMs?: () => number): Promise<void> => {
  deployment = await createDeployment({
    regions: [east, west, third],
    ...(delayMs === undefined ? {} : { delayMs }),
  })
  await deployment.makePool()
  for (const name of ['one', 'two', 'three']) await deployment.put({ name, text: 'first' })
  for (const region of replicas) {
    await deployment.makeReplica(region)
    await activate(region)
  }
  await deployment.settled()
}

const follows = (region: string, primary: string) =>
  waitUntil(`${region} follows ${primary}`, async () => {
    const { Role, PrimaryRegion, FollowerState, Status } = await describeAt(region)
    return (
      Role === 'SECONDARY' &&
      PrimaryRegion === primary &&
      FollowerState === 'following' &&
      Status === 'ACTIVE'
    )
  })

const textAt = async (region: string, name: string): Promise<string | undefined> =>
  (await deployment.region(region).vault.pool(poolId).secondary.get(notes, name))?.value.text

const setAsideNames = async (region: string): Promise<readonly (string | undefined)[]> => {
  const { Writes } = await deployment.region(region).replication.operator.listSetAside({ UserPoolId: poolId })
  return Writes.flatMap(({ Changes }) => Changes)
    .filter(({ Collection }) => Collection === 'test-notes')
    .map(({ Name }) => Name)
}

describe('a planned promotion', () => {
  test('moves every replica to the new primary without copying anything', async () => {
    await makeDeployment([west, third])
    await promote(west)
    await follows(east, west)
    await follows(third, west)
    await deployment.put({ name: 'four', text: 'written in the west' }, west)
    await deployment.settled(west)
    for (const region of [east, third]) {
      expect(await textAt(region, 'four')).toBe('written in the west')
      const { followers } = await deployment.region(region).replication.status()
      expect(followers.find((follower) => follower.poolId === poolId)?.copiedRecords).toBe(0)
      expect((await describeAt(region)).SetAsideCount).toBe(0)
    }
  })

  test('stops what was under way at the old primary', async () => {
    await makeDeployment([west])
    const stored = await deployment.region(east).vault.pool(poolId).primary.get(notes, 'one')
    await promote(west)
    await expect(
      deployment
        .region(east)
        .vault.pool(poolId)
        .primary.commit((changes) => {
          if (stored !== undefined) changes.replace(notes, stored, { name: 'one', text: 'too late' })
        }),
    ).rejects.toThrow(Conflict)
  })

  test('leaves the primary as it was when the Region that is to take over goes away in the middle', async () => {
    await makeDeployment([west], () => 20)
    const promoting = promote(west).catch((error: Error) => error)
    await waitUntil('the primary hands over', async () => (await describeAt(east)).HandingOverTo === west)
    expect((await describeAt(east)).TakesWrites).toBe(false)
    deployment.network.cut(east, west)
    expect(await promoting).toMatchObject({ code: 'ServiceUnavailable' })
    expect((await describeAt(west)).Role).toBe('SECONDARY')
    // It can't know yet that nobody took over.
    expect((await describeAt(east)).TakesWrites).toBe(false)
    deployment.network.heal(east, west)
    await waitUntil('it takes writes again', async () => (await describeAt(east)).TakesWrites)
    await deployment.put({ name: 'four', text: 'after all' })
    await deployment.settled()
    expect((await promote(west)).Takeover.Epoch).toBe(2)
    expect(await textAt(west, 'four')).toBe('after all')
  })

  test('is taken back by force when the Region that was to take over never answers again', async () => {
    await makeDeployment([west], () => 20)
    const promoting = promote(west).catch((error: Error) => error)
    await waitUntil('the primary hands over', async () => (await describeAt(east)).HandingOverTo === west)
    deployment.network.cut(east, west)
    await promoting
    await expect(promote(east)).rejects.toThrow(/being handed over/)
    expect((await promote(east, { Force: true })).Takeover).toMatchObject({ RegionName: east, Forced: true })
    await deployment.put({ name: 'four', text: 'alone' })
    deployment.network.heal(east, west)
    await follows(west, east)
    await deployment.settled()
    expect(await textAt(west, 'four')).toBe('alone')
  })

  test('is refused where the primary does not answer, the replica is not complete, or there is none', async () => {
    await makeDeployment([west], () => 20)
    await expect(promote(third)).rejects.toThrow(/does not exist/)
    await deployment.region(east).call('CreateUserPoolReplica', { UserPoolId: poolId, RegionName: third })
    await waitUntil('the third knows', async () =>
      describeAt(third).then(
        () => true,
        () => false,
      ),
    )
    deployment.network.cut(east, third)
    for (const how of [{}, { Force: true }]) await expect(promote(third, how)).rejects.toThrow(/CREATING/)
    deployment.network.cut(east, west)
    await expect(promote(west)).rejects.toThrow(/does not answer/)
    expect((await describeAt(east)).TakesWrites).toBe(true)
  })
})

describe('a forced promotion', () => {
  test('with the old primary alive and cut off ends in one history; what the old one wrote is kept aside', async () => {
    await makeDeployment([west, third])
    deployment.network.cut(east, west)
    deployment.network.cut(east, third)
    await deployment.put({ name: 'one', text: 'old primary' })
    await deployment.put({ name: 'alone', text: 'old primary' })
    expect((await promote(west, { Force: true })).Takeover).toMatchObject({ Epoch: 1, Forced: true })
    await follows(third, west)
    await deployment.put({ name: 'one', text: 'new primary' }, west)
    await deployment.put({ name: 'two', text: 'new primary' }, west)
    // It has no way to know.
    expect((await describeAt(east)).TakesWrites).toBe(true)
    deployment.network.heal(east, west)
    await follows(east, west)
    deployment.network.heal(east, third)
    await deployment.settled(west)
    for (const region of [east, west, third]) {
      expect(await textAt(region, 'one')).toBe('new primary')
      expect(await textAt(region, 'alone')).toBeUndefined()
    }
    expect(await setAsideNames(east)).toEqual(['one', 'alone'])
    const { AppliedCount, ConflictingIds } = await deployment
      .region(east)
      .replication.operator.reapplySetAside({ UserPoolId: poolId })
    expect([AppliedCount, ConflictingIds.length]).toEqual([1, 1])
    await deployment.settled(west)
    for (const region of [east, west, third]) expect(await textAt(region, 'alone')).toBe('old primary')
    expect(await setAsideNames(east)).toEqual(['one'])
  })

  test('is refused while another replica that answers has more, which the operator may leave behind', async () => {
    await makeDeployment([west, third])
    deployment.network.cut(east, west)
    await deployment.put({ name: 'four', text: 'only the third has it' })
    await waitUntil('the third has it', async () => (await textAt(third, 'four')) !== undefined)
    await deployment.stop(east)
    deployment.network.heal(east, west)
    await expect(promote(west, { Force: true })).rejects.toThrow(/eu-west-1 has [1-9]\d* writes/)
    expect((await describeAt(west)).Role).toBe('SECONDARY')
    await promote(west, { Force: true, DiscardAhead: true })
    await follows(third, west)
    expect(await textAt(third, 'four')).toBeUndefined()
    expect(await setAsideNames(third)).toEqual(['four'])
    await deployment.start(east)
    await follows(east, west)
    await deployment.settled(west)
    expect(await setAsideNames(east)).toEqual(['four'])
    // Both Regions kept the same write: the second time there is nothing to do.
    for (const [region, applied] of [
      [third, 1],
      [east, 1],
    ] as const) {
      const answer = await deployment
        .region(region)
        .replication.operator.reapplySetAside({ UserPoolId: poolId })
      expect(answer).toEqual({ AppliedCount: applied, ConflictingIds: [] })
    }
    await deployment.settled(west)
    for (const region of [east, west, third])
      expect(await textAt(region, 'four')).toBe('only the third has it')
  })

  test('in two Regions at once, which can not see each other, ends with one primary', async () => {
    await makeDeployment([west, third])
    await deployment.stop(east)
    deployment.network.cut(west, third)
    await Promise.all([promote(west, { Force: true }), promote(third, { Force: true })])
    await deployment.put({ name: 'of the west', text: 'w' }, west)
    await deployment.put({ name: 'of the third', text: 't' }, third)
    deployment.network.heal(west, third)
    // The same epoch: the name that comes first.
    await follows(west, third)
    expect(await setAsideNames(west)).toEqual(['of the west'])
    await deployment.start(east)
    await follows(east, third)
    await deployment.settled(third)
    for (const region of [east, west, third]) {
      expect(await textAt(region, 'of the third')).toBe('t')
      expect(await textAt(region, 'of the west')).toBeUndefined()
    }
  })

  test('of Regions one after the other leaves each former primary a follower of the last', async () => {
    await makeDeployment([west, third])
    await deployment.stop(east)
    await promote(west, { Force: true })
    await follows(third, west)
    await deployment.put({ name: 'four', text: 'second reign' }, west)
    await deployment.settled(west)
    await deployment.stop(west)
    await promote(third, { Force: true })
    await deployment.put({ name: 'five', text: 'third reign' }, third)
    await deployment.start(east)
    await deployment.start(west)
    await follows(east, third)
    await follows(west, third)
    await deployment.settled(third)
    for (const region of [east, west]) {
      expect(await textAt(region, 'four')).toBe('second reign')
      expect(await textAt(region, 'five')).toBe('third reign')
      expect(await setAsideNames(region)).toEqual([])
    }
    expect((await promote(east)).Takeover.Epoch).toBe(3)
  })
})

test('a new replica that was being made when the primary changed is completed by the new one', async () => {
  await makeDeployment([west])
  deployment.network.cut(east, third)
  const creating = deployment
    .region(east)
    .call('CreateUserPoolReplica', { UserPoolId: poolId, RegionName: third })
  await expect(creating).rejects.toThrow()
  deployment.network.heal(east, third)
  await deployment.region(east).call('CreateUserPoolReplica', { UserPoolId: poolId, RegionName: third })
  await promote(west)
  await waitUntil(
    'the third is complete',
    async () => (await deployment.statusAt(west, third)) === 'INACTIVE',
  )
  await deployment.settled(west)
  const registered = await deployment.region(third).vault.region.get(registeredPools, poolId)
  expect(registered?.value).toMatchObject({ role: 'SECONDARY', primaryRegion: west })
})

test('a replica in a former primary Region can be deleted and made again', async () => {
  await makeDeployment([west])
  await promote(west)
  await follows(east, west)
  const at = deployment.region(west)
  await at.call('UpdateUserPoolReplica', { UserPoolId: poolId, RegionName: east, Status: 'INACTIVE' })
  await at.call('DeleteUserPoolReplica', { UserPoolId: poolId, RegionName: east })
  await waitUntil('the replica is gone', async () => {
    const registered = await at.vault.region.get(registeredPools, poolId)
    return registered?.value.replicaRegions.length === 0
  })
  expect(await deployment.region(east).store.range(`${poolId}/`, { limit: 1 })).toEqual([])
  await at.call('CreateUserPoolReplica', { UserPoolId: poolId, RegionName: east })
  await waitUntil(
    'the replica is complete',
    async () => (await deployment.statusAt(west, east)) === 'INACTIVE',
  )
  await deployment.settled(west)
})
