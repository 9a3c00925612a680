// The life of a replica as its operations show it, from both sides (src/replication/SPEC.md, I5, I6, I8).
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { localRevocations, type Revocation, revocations } from '../../src/directory/records/revocation.ts'
import { regionalSettings, registeredPools, userPools } from '../../src/directory/records/user-pool.ts'
import { isRevoked, revoke } from '../../src/signin/revocation.ts'
import {
  createDeployment,
  type Deployment,
  notes,
  otherRegion,
  poolArnIn,
  poolId,
  primaryRegion,
  thirdRegion,
} from './support/deployment.ts'
import { waitUntil } from './support/wait-until.ts'

let deployment: Deployment
/** How long each message between Regions takes. */
let delayMs: number

beforeEach(async () => {
  delayMs = 0
  deployment = await createDeployment({
    regions: [primaryRegion, otherRegion, thirdRegion],
    delayMs: () => delayMs,
  })
  await deployment.makePool()
})
afterEach(() => deployment.close())

const switchTo = (from: string, of: string, status: 'ACTIVE' | 'INACTIVE') =>
  deployment
    .region(from)
    .call('UpdateUserPoolReplica', { UserPoolId: poolId, RegionName: of, Status: status })
const statusBecomes = (where: string, of: string, status: string | undefined) =>
  waitUntil(
    `${where} says that ${of} is ${status}`,
    async () => (await deployment.statusAt(where, of)) === status,
  )
const registeredAt = async (region: string) =>
  (await deployment.region(region).vault.region.get(registeredPools, poolId))?.value
const pool = (region: string) => deployment.region(region).vault.pool(poolId)
const inMs = (ms: number): Revocation => ({
  subject: 'user:0001',
  validAfterMs: Date.now() + ms,
  expiresAtMs: Date.now() + 3_600_000,
})
const revokeAt = async (region: string, made: Revocation): Promise<void> => {
  const registered = await registeredAt(region)
  if (registered === undefined) throw new Error('no pool there')
  const { runtime } = deployment.region(region)
  const scope = {
    poolId,
    registered,
    records: pool(region).secondary,
    asPrimary: () => pool(region).primary,
  }
  await revoke(scope, made, runtime)
}
const holdsAt = (region: string, made: Revocation): Promise<boolean> =>
  isRevoked(pool(region).secondary, {
    sub: '0001',
    originJti: undefined,
    issuedAtMs: made.validAfterMs - 1,
  })

describe('creating', () => {
  test('answers CREATING at once and becomes INACTIVE on both sides when all is there', async () => {
    await deployment.put({ name: 'one', text: 'first' })
    const answer = await deployment.region(primaryRegion).call('CreateUserPoolReplica', {
      UserPoolId: poolId,
      RegionName: otherRegion,
      UserPoolTags: { team: 'blue' },
    })
    expect(answer).toEqual({
      UserPoolReplica: {
        Status: 'CREATING',
        Role: 'SECONDARY',
        RegionName: otherRegion,
        UserPoolArn: poolArnIn(otherRegion),
      },
    })
    await statusBecomes(primaryRegion, otherRegion, 'INACTIVE')
    await deployment.settled()
    expect((await pool(otherRegion).secondary.get(notes, 'one'))?.value.text).toBe('first')
    expect((await pool(otherRegion).secondary.get(regionalSettings, poolId))?.value).toEqual({
      poolId,
      tags: { team: 'blue' },
    })
    const registered = await registeredAt(otherRegion)
    expect(registered).toMatchObject({ role: 'SECONDARY', status: 'INACTIVE', primaryRegion })
    expect(registered?.initialTags).toBeUndefined()
    await waitUntil('nothing is left to be told', async () => {
      const { errands } = await deployment.region(primaryRegion).replication.status()
      return errands.length === 0
    })
  })

  test('is listed the same in both Regions, the primary first', async () => {
    await deployment.makeReplica(otherRegion)
    const expected = {
      UserPoolReplicas: [
        {
          RegionName: primaryRegion,
          Role: 'PRIMARY',
          Status: 'ACTIVE',
          UserPoolArn: poolArnIn(primaryRegion),
        },
        {
          RegionName: otherRegion,
          Role: 'SECONDARY',
          Status: 'INACTIVE',
          UserPoolArn: poolArnIn(otherRegion),
        },
      ],
    }
    for (const region of [primaryRegion, otherRegion])
      expect(await deployment.region(region).call('ListUserPoolReplicas', { UserPoolId: poolId })).toEqual(
        expected,
      )
    await expect(
      deployment.region(primaryRegion).call('ListUserPoolReplicas', { UserPoolId: poolId, NextToken: 'x' }),
    ).rejects.toMatchObject({ code: 'InvalidParameterException' })
  })

  test('survives the loss of the target Region right after the answer', async () => {
    await deployment.region(primaryRegion).call('CreateUserPoolReplica', {
      UserPoolId: poolId,
      RegionName: otherRegion,
      UserPoolTags: { team: 'blue' },
    })
    await deployment.stop(otherRegion)
    await deployment.stop(primaryRegion)
    await deployment.start(primaryRegion)
    await deployment.put({ name: 'late', text: 'written meanwhile' })
    await deployment.start(otherRegion)
    await statusBecomes(primaryRegion, otherRegion, 'INACTIVE')
    await deployment.settled()
    expect((await pool(otherRegion).secondary.get(notes, 'late'))?.value.text).toBe('written meanwhile')
    expect((await pool(otherRegion).secondary.get(regionalSettings, poolId))?.value.tags).toEqual({
      team: 'blue',
    })
  })

  test('several replicas of a pool know of each other', async () => {
    await deployment.makeReplica(otherRegion)
    await deployment.makeReplica(thirdRegion)
    for (const region of [primaryRegion, otherRegion, thirdRegion])
      await waitUntil(
        `${region} lists both`,
        async () =>
          ((await registeredAt(region))?.replicaRegions ?? []).join() === `${thirdRegion},${otherRegion}`,
      )
  })
})

describe('switching', () => {
  test('works from the primary and reaches the replica with the log', async () => {
    await deployment.makeReplica(otherRegion)
    const answer = await switchTo(primaryRegion, otherRegion, 'ACTIVE')
    expect(answer.UserPoolReplica?.Status).toBe('ACTIVE')
    await waitUntil(
      'the replica is ACTIVE',
      async () => (await registeredAt(otherRegion))?.status === 'ACTIVE',
    )
    await switchTo(primaryRegion, otherRegion, 'INACTIVE')
    await waitUntil('it is INACTIVE', async () => (await registeredAt(otherRegion))?.status === 'INACTIVE')
  })

  test('works at the replica while the primary is gone, and the primary learns of it', async () => {
    await deployment.makeReplica(otherRegion)
    await deployment.stop(primaryRegion)
    await switchTo(otherRegion, otherRegion, 'ACTIVE')
    expect(await registeredAt(otherRegion)).toMatchObject({ status: 'ACTIVE' })
    expect(await deployment.statusAt(otherRegion, otherRegion)).toBe('ACTIVE')
    await deployment.start(primaryRegion)
    await statusBecomes(primaryRegion, otherRegion, 'ACTIVE')
    await deployment.settled()
    expect(await registeredAt(otherRegion)).toMatchObject({ status: 'ACTIVE' })
  })

  test('on both sides of a partition ends the same on both: the later one', async () => {
    await deployment.makeReplica(otherRegion)
    deployment.network.cut(primaryRegion, otherRegion)
    await switchTo(primaryRegion, otherRegion, 'ACTIVE')
    await switchTo(otherRegion, otherRegion, 'ACTIVE')
    await switchTo(otherRegion, otherRegion, 'INACTIVE')
    deployment.network.heal(primaryRegion, otherRegion)
    await statusBecomes(primaryRegion, otherRegion, 'INACTIVE')
    await deployment.settled()
    expect(await registeredAt(otherRegion)).toMatchObject({ status: 'INACTIVE' })
  })

  test('one secondary from another works, and says so when it is out of reach', async () => {
    await deployment.makeReplica(otherRegion)
    await deployment.makeReplica(thirdRegion)
    await waitUntil('they know each other', async () =>
      ((await registeredAt(otherRegion))?.replicaRegions ?? []).includes(thirdRegion),
    )
    await switchTo(otherRegion, thirdRegion, 'ACTIVE')
    await statusBecomes(primaryRegion, thirdRegion, 'ACTIVE')
    deployment.network.cut(otherRegion, thirdRegion)
    await expect(switchTo(otherRegion, thirdRegion, 'INACTIVE')).rejects.toMatchObject({
      code: 'InternalErrorException',
      message: expect.stringContaining(thirdRegion) as string,
    })
  })

  test('is refused for the primary, for a Region without replica, and while the replica is CREATING', async () => {
    await deployment.makeReplica(otherRegion)
    for (const from of [primaryRegion, otherRegion]) {
      await expect(switchTo(from, primaryRegion, 'INACTIVE')).rejects.toMatchObject({
        code: 'InvalidParameterException',
      })
      await expect(switchTo(from, thirdRegion, 'ACTIVE')).rejects.toMatchObject({
        code: 'ResourceNotFoundException',
      })
    }
    delayMs = 100
    await deployment
      .region(primaryRegion)
      .call('CreateUserPoolReplica', { UserPoolId: poolId, RegionName: thirdRegion })
    await expect(switchTo(primaryRegion, thirdRegion, 'ACTIVE')).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringContaining('CREATING') as string,
    })
    await waitUntil('the Region was invited', async () => (await registeredAt(thirdRegion)) !== undefined)
    await expect(switchTo(thirdRegion, thirdRegion, 'ACTIVE')).rejects.toMatchObject({
      code: 'OperationNotEnabledException',
    })
  })
})

describe('deleting', () => {
  const remove = (region: string) =>
    deployment.region(primaryRegion).call('DeleteUserPoolReplica', { UserPoolId: poolId, RegionName: region })

  test('drops everything in the Region and then the replica is gone, and can be made again', async () => {
    await deployment.put({ name: 'one', text: 'first' })
    await deployment.makeReplica(otherRegion)
    expect(await remove(otherRegion)).toMatchObject({
      UserPoolReplica: { Status: 'DELETING', RegionName: otherRegion, Role: 'SECONDARY' },
    })
    await statusBecomes(primaryRegion, otherRegion, undefined)
    await waitUntil(
      'the primary has forgotten it',
      async () => (await registeredAt(primaryRegion))?.replicaRegions.length === 0,
    )
    const { store } = deployment.region(otherRegion)
    expect(await registeredAt(otherRegion)).toBeUndefined()
    expect(await store.range(`${poolId}/`, { limit: 10 })).toEqual([])
    expect(await store.range(`@${poolId}/`, { limit: 10 })).toEqual([])
    expect(await store.head(poolId)).toMatchObject({ position: 0 })
    await deployment.makeReplica(otherRegion)
    expect((await pool(otherRegion).secondary.get(notes, 'one'))?.value.text).toBe('first')
  })

  test('waits for a Region that is gone and is finished when it is back, also after a restart of the primary', async () => {
    await deployment.makeReplica(otherRegion)
    await deployment.stop(otherRegion)
    await remove(otherRegion)
    expect(await deployment.statusAt(primaryRegion, otherRegion)).toBe('DELETING')
    await deployment.stop(primaryRegion)
    await deployment.start(primaryRegion)
    expect(await deployment.statusAt(primaryRegion, otherRegion)).toBe('DELETING')
    await deployment.start(otherRegion)
    await statusBecomes(primaryRegion, otherRegion, undefined)
    expect(await registeredAt(otherRegion)).toBeUndefined()
  })

  test('is refused while ACTIVE, for the primary, for no replica, and at a secondary', async () => {
    await deployment.makeReplica(otherRegion)
    await switchTo(primaryRegion, otherRegion, 'ACTIVE')
    await expect(remove(otherRegion)).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringContaining('INACTIVE') as string,
    })
    await expect(remove(primaryRegion)).rejects.toMatchObject({ code: 'InvalidParameterException' })
    await expect(remove(thirdRegion)).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
    await expect(
      deployment
        .region(otherRegion)
        .call('DeleteUserPoolReplica', { UserPoolId: poolId, RegionName: otherRegion }),
    ).rejects.toMatchObject({ code: 'OperationNotEnabledException' })
    await expect(
      deployment.region(thirdRegion).call('ListUserPoolReplicas', { UserPoolId: poolId }),
    ).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
  })
})

describe('revocations', () => {
  test('made at the primary hold at the secondary', async () => {
    await deployment.makeReplica(otherRegion)
    const made = inMs(0)
    await revokeAt(primaryRegion, made)
    await waitUntil('it holds there', () => holdsAt(otherRegion, made))
  })

  test('made at a secondary hold there at once, in all Regions soon, and are then kept once', async () => {
    await deployment.makeReplica(otherRegion)
    await deployment.makeReplica(thirdRegion)
    const made = inMs(0)
    await revokeAt(otherRegion, made)
    expect(await holdsAt(otherRegion, made)).toBe(true)
    for (const region of [primaryRegion, thirdRegion])
      await waitUntil(`it holds in ${region}`, () => holdsAt(region, made))
    await waitUntil(
      'the local one is cleared away',
      async () =>
        (await pool(otherRegion).secondary.list(localRevocations, { limit: 10 })).items.length === 0,
    )
    expect(await holdsAt(otherRegion, made)).toBe(true)
  })

  test('made during an outage of the primary reach it when it is back, without calls in a tight loop', async () => {
    await deployment.makeReplica(otherRegion)
    await deployment.stop(primaryRegion)
    const [first, later] = [inMs(0), inMs(5)]
    await revokeAt(otherRegion, first)
    await revokeAt(otherRegion, later)
    expect(await holdsAt(otherRegion, later)).toBe(true)
    const callsBefore = deployment.network.callCount('revocations')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(deployment.network.callCount('revocations') - callsBefore).toBeLessThan(5)
    await deployment.start(primaryRegion)
    await waitUntil('it holds at the primary', () => holdsAt(primaryRegion, later))
    await waitUntil(
      'the latest has come back',
      async () =>
        (await pool(otherRegion).secondary.get(revocations, later.subject))?.value.validAfterMs ===
        later.validAfterMs,
    )
  })

  test('made just before the secondary was lost are delivered after its restart', async () => {
    await deployment.makeReplica(otherRegion)
    deployment.network.cut(primaryRegion, otherRegion)
    const made = inMs(0)
    await revokeAt(otherRegion, made)
    await deployment.stop(otherRegion)
    deployment.network.heal(primaryRegion, otherRegion)
    await deployment.start(otherRegion)
    await waitUntil('it holds at the primary', () => holdsAt(primaryRegion, made))
  })
})

describe('what the primary changes of the pool', () => {
  test('reaches the list of pools of a secondary', async () => {
    await deployment.makeReplica(otherRegion)
    const { primary } = pool(primaryRegion)
    const stored = await primary.get(userPools, poolId)
    if (stored === undefined) throw new Error('no pool')
    await primary.commit((changes) =>
      changes.replace(userPools, stored, { ...stored.value, name: 'renamed', modifiedAtMs: 2 }),
    )
    await waitUntil(
      'the name is known there',
      async () => (await registeredAt(otherRegion))?.name === 'renamed',
    )
  })

  const lagSeenAt = async (region: string) =>
    (await deployment.region(region).replication.status()).lags.find(
      (lag) => lag.replicaRegion === otherRegion,
    )

  test('shows as a lag of both sides during a partition, and as none after it', async () => {
    await deployment.makeReplica(otherRegion)
    await waitUntil('there is no lag', async () => (await lagSeenAt(primaryRegion))?.positionsBehind === 0)
    deployment.network.cut(primaryRegion, otherRegion)
    for (const name of ['a', 'b', 'c']) await deployment.put({ name, text: name })
    await waitUntil('the lag is 3', async () => (await lagSeenAt(primaryRegion))?.positionsBehind === 3)
    expect((await lagSeenAt(primaryRegion))?.millisecondsBehind).toBeGreaterThan(0)
    await waitUntil('time passes', async () => ((await lagSeenAt(otherRegion))?.millisecondsBehind ?? 0) > 0)
    deployment.network.heal(primaryRegion, otherRegion)
    for (const region of [primaryRegion, otherRegion])
      await waitUntil(`${region} sees no lag`, async () => {
        const lag = await lagSeenAt(region)
        return lag?.positionsBehind === 0 && lag.millisecondsBehind === 0
      })
  })

  test('an ACTIVE replica that is copied anew refuses meanwhile and is ACTIVE again afterwards', async () => {
    await deployment.put({ name: 'one', text: 'first' })
    await deployment.makeReplica(otherRegion)
    await switchTo(otherRegion, otherRegion, 'ACTIVE')
    const { control } = deployment.region(otherRegion).replication
    delayMs = 100
    expect(control.recopy(poolId)).toBe(true)
    await waitUntil(
      'the copy began',
      async () => (await registeredAt(otherRegion))?.statusAfterCopy === 'ACTIVE',
    )
    expect(await registeredAt(otherRegion)).toMatchObject({ status: 'CREATING' })
    await waitUntil('it is ACTIVE again', async () => (await registeredAt(otherRegion))?.status === 'ACTIVE')
    await deployment.settled()
    expect((await registeredAt(otherRegion))?.statusAfterCopy).toBeUndefined()
    expect(control.recopy('us-east-1_Unknown')).toBe(false)
  })
})
