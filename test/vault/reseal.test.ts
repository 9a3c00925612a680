// What sealing a pool again guarantees beside writers: nothing stays or appears under the former data key, and no write is lost.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { Conflict, type Store } from '../../src/store/store.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { collection } from '../../src/vault/collection.ts'
import { dataKeyIdOf } from '../../src/vault/envelope.ts'
import { readKeyring } from '../../src/vault/keyring.ts'
import { createVault, type PoolResealing, type Vault } from '../../src/vault/vault.ts'
import { createFakeKeyService } from '../support/fake-key-service.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

type Tally = { readonly name: string; readonly count: number }
const tallies = collection<Tally, 'replicated'>('test-tallies', {
  locality: 'replicated',
  keyOf: ({ name }) => name,
  terms: ({ name }) => [{ name: 'name', value: name }],
  beginnings: ['name'],
})
const regionalTallies = collection<Tally, 'regional'>('test-regional-tallies', {
  locality: 'regional',
  keyOf: ({ name }) => name,
})

const recordCount = 250
const keyService = createFakeKeyService()
const regionKey = { id: 1, bytes: systemRandom.bytes(32) }

type Engine = {
  readonly name: string
  /** Over the same data every time. */
  readonly openNode: () => Promise<Store>
  readonly begin: () => Promise<void>
  readonly end: () => Promise<void>
}

const embedded = (): Engine => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-reseal-'))
  let store: Store
  return {
    name: 'embedded store',
    begin: async () => {
      store = await openSqliteStore({ folder, clock: systemClock })
    },
    openNode: () => Promise.resolve(store),
    end: async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

const postgres = (): Engine => {
  const nodes: Store[] = []
  let server: PostgresServer
  let url = ''
  return {
    name: 'PostgreSQL store with a connection for each node',
    begin: async () => {
      server = await startPostgres(['fsync=off', 'full_page_writes=off'])
      url = await server.newDatabase()
    },
    openNode: async () => {
      const node = await openPostgresStore({ url, clock: systemClock, random: systemRandom })
      nodes.push(node)
      return node
    },
    end: async () => {
      for (const node of nodes) await node.close()
      await server.close()
    },
  }
}

describe.each([embedded(), postgres()])('over the $name', ({ openNode, begin, end }) => {
  let store: Store
  let vault: Vault
  let poolId = ''
  let poolIndex = 0

  const vaultOver = (nodeStore: Store): Promise<Vault> =>
    createVault({
      region: 'us-east-1',
      account: '000000000000',
      store: nodeStore,
      regionKey,
      keyService,
      clock: systemClock,
      random: systemRandom,
      dataKeyLifetimeMs: 60_000,
    })
  const openVault = async (): Promise<Vault> => vaultOver(await openNode())

  beforeAll(async () => {
    await begin()
    store = await openNode()
  })
  beforeEach(async () => {
    vault = await vaultOver(store)
    poolIndex += 1
    poolId = `us-east-1_Reseal${poolIndex}`
    const poolArn = `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${poolId}`
    await vault.createPool(poolId, { poolArn, kmsKeyArn: keyService.addKey() })
    await vault.pool(poolId).primary.commit((changes) => {
      for (let index = 0; index < recordCount; index++) {
        changes.create(tallies, { name: `tally-${index}`, count: 0 })
        changes.create(regionalTallies, { name: `tally-${index}`, count: 0 })
      }
    })
  })
  afterAll(end)

  const idsInUse = async (): Promise<readonly number[]> => {
    const ids = new Set<number>()
    for (const place of [`${poolId}/test-tallies/`, `@${poolId}/test-regional-tallies/`])
      for (const { value } of await store.range(place, { limit: 10_000 })) ids.add(dataKeyIdOf(value))
    return [...ids].toSorted((left, right) => left - right)
  }
  const idsOnRing = async () => (await readKeyring(store, poolId))?.keyring.dataKeys.map(({ id }) => id)
  const both = ['replicated', 'regional'] as const
  const runThrough = async (resealing: PoolResealing): Promise<number> => {
    let count = 0
    for (let after: string | undefined; ; ) {
      const step = await resealing.step(after)
      count += step.resealedCount
      if (step.after === undefined) return count
      after = step.after
    }
  }
  /** Adds one, as an operation of the API would: again from its reads when it was in conflict. */
  const addOne = async (name: string, by: Vault): Promise<void> => {
    const records = by.pool(poolId).primary
    for (;;) {
      const [global, regional] = [await records.get(tallies, name), await records.get(regionalTallies, name)]
      if (global === undefined || regional === undefined) throw new Error('the tally is there')
      try {
        await records.commit((changes) => {
          changes.replace(tallies, global, { name, count: global.value.count + 1 })
          changes.replace(regionalTallies, regional, { name, count: regional.value.count + 1 })
        })
        return
      } catch (error) {
        if (!(error instanceof Conflict)) throw error
      }
    }
  }

  test('from the change on everything is written under the new data key, and a pass brings all the rest under it', async () => {
    await vault.changeKey(poolId, keyService.addKey())
    expect(await idsInUse()).toEqual([1])
    await addOne('tally-1', vault)
    expect(await idsInUse()).toEqual([1, 2])
    const resealing = await vault.resealing(poolId, both)
    expect(await resealing.count()).toBe(2 * recordCount)
    expect(await runThrough(resealing)).toBe(2 * recordCount - 2)
    expect(await idsInUse()).toEqual([2])
    expect(await idsOnRing()).toEqual([1, 2])
    expect(await resealing.dropOlderKeys()).toBe(true)
    expect(await idsOnRing()).toEqual([2])
    for (const reader of [vault, await openVault()]) {
      const records = reader.pool(poolId).primary
      expect((await records.get(tallies, 'tally-1'))?.value.count).toBe(1)
      const found = await records.find(
        tallies,
        { name: 'name', value: 'tally-24', match: 'prefix' },
        { limit: 50 },
      )
      expect(found.items.length).toBe(11)
    }
  })

  test('a node that still keeps the former keys writes nothing under them, and does not notice', async () => {
    const otherNode = await openVault()
    const idleNode = await openVault()
    await addOne('tally-0', otherNode)
    await idleNode.pool(poolId).primary.get(tallies, 'tally-3')
    await vault.changeKey(poolId, keyService.addKey())
    await addOne('tally-0', otherNode)
    expect(await idsInUse()).toEqual([1, 2])
    const resealing = await vault.resealing(poolId, both)
    await runThrough(resealing)
    const yetAnother = await openVault()
    await yetAnother.pool(poolId).primary.get(tallies, 'tally-3')
    expect(await resealing.dropOlderKeys()).toBe(true)
    for (const node of [otherNode, yetAnother]) {
      await addOne('tally-0', node)
      await addOne('tally-9', node)
    }
    // It has read nothing since: all that it keeps is from before the change.
    await idleNode.pool(poolId).primary.commit((changes) => {
      changes.create(tallies, { name: 'late', count: 7 })
      changes.create(regionalTallies, { name: 'late', count: 7 })
    })
    expect((await vault.pool(poolId).primary.get(tallies, 'late'))?.value.count).toBe(7)
    expect(await idsInUse()).toEqual([2])
    expect((await vault.pool(poolId).primary.get(tallies, 'tally-0'))?.value.count).toBe(4)
  })

  test('writers on two nodes lose nothing while the pool is sealed again, and leave nothing behind', async () => {
    const otherNode = await openVault()
    await addOne('tally-0', otherNode)
    let isThrough = false
    const addedBy = async (node: Vault, seed: number): Promise<number> => {
      let count = 0
      for (let index = seed; !isThrough; index = (index * 7 + 3) % recordCount, count += 1)
        await addOne(`tally-${index}`, node)
      return count
    }
    const writers = [addedBy(vault, 1), addedBy(otherNode, 2), addedBy(otherNode, 90)]
    await vault.changeKey(poolId, keyService.addKey())
    const resealing = await vault.resealing(poolId, both)
    await runThrough(resealing)
    const hasDropped = await resealing.dropOlderKeys()
    isThrough = true
    const addedCount = (await Promise.all(writers)).reduce((sum, count) => sum + count, 1)
    expect(hasDropped).toBe(true)
    expect(addedCount).toBeGreaterThan(10)
    expect(await idsInUse()).toEqual([2])
    for (const each of [tallies, regionalTallies]) {
      const { items } = await (await openVault()).pool(poolId).primary.list(each, { limit: 1_000 })
      expect(items.length).toBe(recordCount)
      expect(items.reduce((sum, { value }) => sum + value.count, 0)).toBe(addedCount)
    }
  })

  test('a pass that ended half way is gone on with by another process', async () => {
    await vault.changeKey(poolId, keyService.addKey())
    const { resealedCount } = await (await vault.resealing(poolId, both)).step(undefined)
    expect(resealedCount).toBeGreaterThan(0)
    const later = await openVault()
    expect(await later.hasOlderKeys(poolId)).toBe(true)
    const resealing = await later.resealing(poolId, both)
    expect(await runThrough(resealing)).toBe(2 * recordCount - resealedCount)
    expect(await resealing.dropOlderKeys()).toBe(true)
    expect(await later.hasOlderKeys(poolId)).toBe(false)
  })

  test('a pass for a ring that changed again drops nothing; the next one does', async () => {
    await vault.changeKey(poolId, keyService.addKey())
    const former = await vault.resealing(poolId, both)
    await former.step(undefined)
    await vault.changeKey(poolId, undefined)
    await expect(former.step(undefined).then(() => runThrough(former))).rejects.toThrow(Conflict)
    expect(await former.dropOlderKeys()).toBe(false)
    expect(await idsOnRing()).toEqual([1, 2, 3])
    const resealing = await vault.resealing(poolId, both)
    await runThrough(resealing)
    expect(await resealing.dropOlderKeys()).toBe(true)
    expect(await idsOnRing()).toEqual([3])
    expect(await idsInUse()).toEqual([3])
  })

  test('a pool whose key is changed without end is told to wait', async () => {
    for (let change = 0; change < 15; change++) await vault.changeKey(poolId, undefined)
    await expect(vault.changeKey(poolId, undefined)).rejects.toMatchObject({
      code: 'InvalidParameterException',
    })
    const resealing = await vault.resealing(poolId, both)
    await runThrough(resealing)
    expect(await resealing.dropOlderKeys()).toBe(true)
    await vault.changeKey(poolId, undefined)
  })
})
