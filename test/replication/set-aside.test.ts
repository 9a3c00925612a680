// What is set aside: all that the log has after a position, once, and never more than may be kept.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSetAsideWrites } from '../../src/replication/set-aside.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { poolId, writer } from './support/pair.ts'

let folder: string
let store: Store
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'set-aside-'))
  store = await openSqliteStore({ folder, clock: systemClock })
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

const positionsOf = async (kept: ReturnType<typeof createSetAsideWrites>): Promise<readonly number[]> =>
  (await kept.list(poolId, undefined, 1_000)).map(({ entry }) => entry.position)

test('is everything after the position, in order, however often it is asked for, and without empty entries', async () => {
  await writer(store).add(1_200)
  await store.raiseEpoch(poolId, 1)
  const kept = createSetAsideWrites(store)
  expect(await kept.keepAfter(poolId, 3)).toBe(1_197)
  expect(await kept.keepAfter(poolId, 3)).toBe(0)
  expect(await kept.count(poolId)).toBe(1_197)
  const [first] = await kept.list(poolId, undefined, 1)
  expect(first?.entry).toEqual((await store.readLog(poolId, 3, 1))[0])
  expect((await kept.list(poolId, first?.id, 2)).map(({ entry }) => entry.position)).toEqual([5, 6])
  await kept.remove(poolId, [first?.id ?? ''])
  expect(await kept.count(poolId)).toBe(1_196)
  await kept.removeAll(poolId)
  expect(await positionsOf(kept)).toEqual([])
})

test('is the latest of it where more would be kept than may be', async () => {
  await writer(store).add(30)
  const kept = createSetAsideWrites(store, 10)
  await kept.keepAfter(poolId, 0)
  expect(await positionsOf(kept)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30])
})

test('is what the log still has, where it was trimmed', async () => {
  await writer(store).add(300)
  await store.trimLog(poolId, 290)
  const kept = createSetAsideWrites(store)
  await kept.keepAfter(poolId, 5)
  expect(await positionsOf(kept)).toEqual([291, 292, 293, 294, 295, 296, 297, 298, 299, 300])
})
