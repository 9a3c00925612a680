// The Region's list of pools and its open errands, as replication reads and changes them.
import type { RegisteredPool } from '../directory/records/user-pool.ts'
import { registeredPools } from '../directory/records/user-pool.ts'
import { Conflict } from '../store/store.ts'
import { collection } from '../vault/collection.ts'
import type { Stored } from '../vault/records.ts'
import type { Vault } from '../vault/vault.ts'
import { Fault } from '../wire/fault.ts'

/**
 * What a primary still has to tell another Region: that it has a new replica, that its replica goes, or that the pool's primary is here now.
 * Kept until it is done, so that a restart loses none.
 */
export type Errand = {
  readonly poolId: string
  readonly regionName: string
  readonly kind: 'invite' | 'dismiss' | 'announce'
  /** `UserPoolTags` of the new replica. */
  readonly tags?: Readonly<Record<string, string>>
}

export const errandKey = (poolId: string, regionName: string): string => `${poolId} ${regionName}`

export const errands = collection<Errand, 'regional'>('replica-errands', {
  locality: 'regional',
  isCached: true,
  keyOf: ({ poolId, regionName }) => errandKey(poolId, regionName),
})

const attemptsMax = 20
const pageSize = 500

/** Runs again when another commit got between, a bounded number of times. */
export const onConflictAgain = async <Value>(run: () => Promise<Value>): Promise<Value> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === attemptsMax) throw error
    }
  }
}

export type Registrations = {
  get(poolId: string): Promise<RegisteredPool | undefined>
  all(): AsyncIterable<RegisteredPool>
  /** `change` gets the present value and returns the new one, or the same object for no change. Resolves with what is then stored. */
  update(poolId: string, change: (current: RegisteredPool) => RegisteredPool): Promise<RegisteredPool>
  add(pool: RegisteredPool): Promise<void>
  remove(poolId: string): Promise<void>
  errand(poolId: string, regionName: string): Promise<Errand | undefined>
  allErrands(): AsyncIterable<Errand>
  /** Resolves with false, and adds nothing, where there is one for the replica already or the pool makes it none. */
  addErrand(errand: Errand, isDue: (pool: RegisteredPool) => boolean): Promise<boolean>
  /** Changes the pool's registration and adds or replaces the errand, in one commit. */
  updateWithErrand(
    errand: Errand,
    change: (current: RegisteredPool) => RegisteredPool,
  ): Promise<RegisteredPool>
  /** The same with any number of errands. */
  updateWithErrands(
    poolId: string,
    list: readonly Errand[],
    change: (current: RegisteredPool) => RegisteredPool,
  ): Promise<RegisteredPool>
  /** Changes the registration and forgets every errand of the pool, in one commit. */
  updateWithoutErrands(
    poolId: string,
    change: (current: RegisteredPool) => RegisteredPool,
  ): Promise<RegisteredPool>
  /** Changes the registration and removes the errand, in one commit. */
  finishErrand(errand: Errand, change: (current: RegisteredPool) => RegisteredPool): Promise<void>
}

export const createRegistrations = (vault: Pick<Vault, 'region'>): Registrations => {
  const { region } = vault
  const stored = async (poolId: string): Promise<Stored<RegisteredPool>> => {
    const found = await region.get(registeredPools, poolId)
    if (found === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    return found
  }
  async function* walk<Value>(
    list: (after: string | undefined) => Promise<{ items: readonly Stored<Value>[]; after?: string }>,
  ): AsyncGenerator<Value> {
    let after: string | undefined
    do {
      const page = await list(after)
      for (const item of page.items) yield item.value
      after = page.after
    } while (after !== undefined)
  }
  const page = (after: string | undefined) => ({ limit: pageSize, ...(after === undefined ? {} : { after }) })

  const updateWithErrands: Registrations['updateWithErrands'] = (poolId, list, change) =>
    onConflictAgain(async () => {
      const current = await stored(poolId)
      const known = await Promise.all(
        list.map(({ regionName }) => region.get(errands, errandKey(poolId, regionName))),
      )
      const next = change(current.value)
      await region.commit((changes) => {
        if (next === current.value) changes.expect(current)
        else changes.replace(registeredPools, current, next)
        for (const [index, errand] of list.entries()) {
          const former = known[index]
          if (former === undefined) changes.create(errands, errand)
          else changes.replace(errands, former, errand)
        }
      })
      return next
    })

  return {
    get: async (poolId) => (await region.get(registeredPools, poolId))?.value,
    all: () => walk((after) => region.list(registeredPools, page(after))),
    update: (poolId, change) =>
      onConflictAgain(async () => {
        const current = await stored(poolId)
        const next = change(current.value)
        if (next !== current.value)
          await region.commit((changes) => changes.replace(registeredPools, current, next))
        return next
      }),
    add: (pool) => region.commit((changes) => changes.create(registeredPools, pool)),
    remove: (poolId) =>
      onConflictAgain(async () => {
        const current = await region.get(registeredPools, poolId)
        if (current !== undefined) await region.commit((changes) => changes.delete(registeredPools, current))
      }),
    errand: async (poolId, regionName) => (await region.get(errands, errandKey(poolId, regionName)))?.value,
    allErrands: () => walk((after) => region.list(errands, page(after))),
    addErrand: (errand, isDue) =>
      onConflictAgain(async () => {
        const pool = await region.get(registeredPools, errand.poolId)
        const known = await region.get(errands, errandKey(errand.poolId, errand.regionName))
        if (pool === undefined || known !== undefined || !isDue(pool.value)) return false
        await region.commit((changes) => {
          changes.expect(pool)
          changes.create(errands, errand)
        })
        return true
      }),
    updateWithErrand: (errand, change) => updateWithErrands(errand.poolId, [errand], change),
    updateWithErrands,
    updateWithoutErrands: (poolId, change) =>
      onConflictAgain(async () => {
        const current = await stored(poolId)
        const open = await Promise.all(
          current.value.replicaRegions.map((name) => region.get(errands, errandKey(poolId, name))),
        )
        const next = change(current.value)
        await region.commit((changes) => {
          if (next === current.value) changes.expect(current)
          else changes.replace(registeredPools, current, next)
          for (const errand of open) if (errand !== undefined) changes.delete(errands, errand)
        })
        return next
      }),
    finishErrand: (errand, change) =>
      onConflictAgain(async () => {
        const current = await region.get(registeredPools, errand.poolId)
        const known = await region.get(errands, errandKey(errand.poolId, errand.regionName))
        const next = current === undefined ? undefined : change(current.value)
        await region.commit((changes) => {
          if (current !== undefined && next !== undefined && next !== current.value)
            changes.replace(registeredPools, current, next)
          // A newer errand for the same replica stays.
          if (known !== undefined && known.value.kind === errand.kind) changes.delete(errands, known)
        })
      }),
  }
}
