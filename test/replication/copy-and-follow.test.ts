// What feed, copy and follower guarantee between two stores on disk (src/replication/SPEC.md, I1 to I3, I7).
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Follower } from '../../src/replication/follower.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { Fault } from '../../src/wire/fault.ts'
import {
  allRecords,
  areEqual,
  createPair,
  type Pair,
  poolId,
  primaryRegion,
  secondaryRegion,
  writer,
} from './support/pair.ts'
import { waitUntil } from './support/wait-until.ts'

let folder: string
let primary: Store
let secondary: Store
let pair: Pair
let follower: Follower | undefined

const open = (name: string): Promise<Store> =>
  openSqliteStore({ folder: join(folder, name), clock: systemClock })
const notAReplica = (pool: string): Fault => new Fault('NotAReplica', `${pool} has no replica there.`)
const equal = (): Promise<void> =>
  waitUntil(
    'the stores are equal',
    async () => follower?.status().state === 'following' && areEqual(primary, secondary),
  )
const isIn = (state: string) => () => follower?.status().state === state

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replication-'))
  primary = await open('primary')
  secondary = await open('secondary')
  pair = createPair(primary, secondary, notAReplica)
  follower = undefined
})
afterEach(async () => {
  await follower?.stop()
  await primary.close()
  await secondary.close()
  await rm(folder, { recursive: true })
})

describe('a copy', () => {
  test('brings everything, record for record, and ends although nothing is written meanwhile', async () => {
    const write = writer(primary)
    await write.begin()
    await write.add(30)
    pair.serve()
    follower = pair.follow()
    await equal()
    expect(await allRecords(secondary)).toEqual(await allRecords(primary))
    expect(pair.whole.count).toBeGreaterThan(0)
  })

  test('made while records are added, changed and deleted ends equal to the primary', async () => {
    const write = writer(primary)
    await write.begin()
    await write.add(2_500)
    pair.serve()
    follower = pair.follow()
    for (let round = 1; round <= 60; round += 1) {
      await write.put(`u${round * 3}`, `changed in round ${round}`)
      await write.remove(`u${round * 7}`)
      await write.add(1)
    }
    await equal()
    expect(await allRecords(secondary)).toEqual(await allRecords(primary))
  })

  test('that was cut short goes on from the page it had', async () => {
    const write = writer(primary)
    await write.begin()
    await write.add(3_300)
    pair.serve()
    const calls = pair.network.transportOf(secondaryRegion)
    let frames = 0
    follower = pair.follow({
      transport: {
        ...calls,
        stream: async function* (region, name, body, options) {
          for await (const frame of calls.stream(region, name, body, options)) {
            yield frame
            if (name !== 'copy') continue
            frames += 1
            if (frames === 40) pair.network.cut(primaryRegion, secondaryRegion)
          }
        },
      },
    })
    await waitUntil('the copy is interrupted', isIn('waiting'))
    await follower.stop()
    const { copy } = await secondary.head(poolId)
    expect(copy?.after).toBeDefined()
    pair.network.heal(primaryRegion, secondaryRegion)
    await write.add(5)
    follower = pair.follow()
    await equal()
    expect(follower.status().copiedRecords).toBeLessThan(3_300)
    expect(await allRecords(secondary)).toEqual(await allRecords(primary))
  })
})

describe('a follower', () => {
  test('gets each commit once, in order, and resumes where it was after a restart of either side', async () => {
    const write = writer(primary)
    await write.begin()
    const leave = pair.serve()
    follower = pair.follow()
    await equal()
    await write.add(50)
    await equal()
    await follower.stop()
    await secondary.close()
    await write.add(20)
    secondary = await open('secondary')
    pair = createPair(primary, secondary, notAReplica)
    follower = pair.follow()
    await waitUntil('the primary is missed', isIn('waiting'))
    leave()
    await primary.close()
    primary = await open('primary')
    await follower.stop()
    pair = createPair(primary, secondary, notAReplica)
    pair.serve()
    follower = pair.follow()
    await equal()
    const log = await secondary.readLog(poolId, 1, 1_000)
    expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => index + 2))
    expect(log).toEqual(await primary.readLog(poolId, 1, 1_000))
  })

  test('catches up after a partition', async () => {
    const write = writer(primary)
    await write.begin()
    pair.serve()
    follower = pair.follow()
    await equal()
    pair.network.cut(primaryRegion, secondaryRegion)
    await write.add(100)
    await waitUntil('the partition is noticed', isIn('waiting'))
    expect(follower.status().reason).toContain(primaryRegion)
    pair.network.heal(primaryRegion, secondaryRegion)
    await equal()
  })

  test('whose place in the log was trimmed away copies anew by itself', async () => {
    const write = writer(primary)
    await write.begin()
    await write.add(5)
    pair.serve()
    follower = pair.follow()
    await equal()
    await follower.stop()
    await write.add(20)
    await write.remove('u2')
    await primary.trimLog(poolId, (await primary.head(poolId)).position - 3)
    follower = pair.follow()
    await equal()
    expect(pair.network.callCount('copy-begin')).toBe(2)
    expect(await allRecords(secondary)).toEqual(await allRecords(primary))
  })

  test('that holds what the primary never had stops, says so, and copies anew only when told to', async () => {
    const write = writer(primary)
    await write.begin()
    await write.add(5)
    pair.serve()
    follower = pair.follow()
    await equal()
    await follower.stop()
    await writer(secondary).put('u1', 'written on the wrong side')
    await write.add(1)
    follower = pair.follow()
    await waitUntil('the divergence is found', isIn('diverged'))
    expect(follower.status()).toMatchObject({ divergences: 1 })
    expect(follower.status().reason).toContain(poolId)
    follower.recopy()
    await equal()
    expect(await allRecords(secondary)).toEqual(await allRecords(primary))
  })

  test('of a primary that was set back to an older state keeps what it has and says why it follows no longer', async () => {
    const write = writer(primary)
    await write.begin()
    await write.add(5)
    pair.serve()
    follower = pair.follow()
    await equal()
    await follower.stop()
    const before = await allRecords(secondary)
    await primary.dropScope(poolId)
    await write.begin()
    follower = pair.follow()
    await waitUntil('it is told', () => follower?.status().reason?.includes('set back') === true)
    expect(follower.status()).toMatchObject({ divergences: 0 })
    expect(await allRecords(secondary)).toEqual(before)
  })

  test('that may not use the key copies nothing, says why, and goes on by itself when it may', async () => {
    const write = writer(primary)
    await write.begin()
    await write.add(5)
    pair.serve()
    pair.keyChecks.refusal = new Fault('InvalidParameterException', 'The KMS key refuses identitystore.')
    follower = pair.follow()
    await waitUntil('the key is asked for', () => pair.keyChecks.count > 2)
    expect(follower.status()).toMatchObject({ position: 0, reason: 'The KMS key refuses identitystore.' })
    expect(await allRecords(secondary)).toEqual([])
    pair.keyChecks.refusal = undefined
    await equal()
  })

  test('stops following soon after its key is closed and keeps what it has', async () => {
    const write = writer(primary)
    await write.begin()
    await write.add(5)
    pair.serve()
    follower = pair.follow({ keyCheckEveryMs: 20 })
    await equal()
    pair.keyChecks.refusal = new Fault('InvalidParameterException', 'The KMS key is disabled.')
    await waitUntil('following has stopped', isIn('waiting'))
    await write.add(5)
    expect((await allRecords(secondary)).length).toBe(6)
    pair.keyChecks.refusal = undefined
    await equal()
  })

  test('of a later epoch takes nothing from a primary that was left behind', async () => {
    const write = writer(primary)
    await write.begin()
    pair.serve()
    follower = pair.follow()
    await equal()
    await follower.stop()
    const { position } = await secondary.raiseEpoch(poolId, 1)
    await write.add(5)
    follower = pair.follow()
    await waitUntil('it is refused', isIn('waiting'))
    expect(follower.status().reason).toContain('epoch')
    expect((await secondary.head(poolId)).position).toBe(position)
  })

  test('in a Region without a replica of the pool is given nothing', async () => {
    const write = writer(primary)
    await write.begin()
    pair.isReplica.value = false
    pair.serve()
    follower = pair.follow()
    await waitUntil('it is refused', isIn('waiting'))
    expect(follower.status().reason).toContain('has no replica there')
    expect(await allRecords(secondary)).toEqual([])
  })

  test('is fed no longer once its replica is gone', async () => {
    const write = writer(primary)
    await write.begin()
    pair.serve()
    follower = pair.follow()
    await equal()
    pair.isReplica.value = false
    await waitUntil('the feed ends', isIn('waiting'))
    const { position } = await secondary.head(poolId)
    await write.add(3)
    expect((await secondary.head(poolId)).position).toBe(position)
  })
})
