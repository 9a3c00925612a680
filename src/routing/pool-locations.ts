// Where pools are, asked of all living Regions at once and remembered for a moment.
import { LRUCache } from 'lru-cache'
import type { Replica } from './candidates.ts'
import type { PoolQuery } from './region-client.ts'

const entriesMax = 10_000
/** Short, because a replica that was just switched on should get its traffic; a deleted one answers for itself. */
const lifetimeMs = 2_000

export type PoolLocations = {
  /** The pool's replicas as far as living Regions know. Resolves with none when nobody has it. */
  find(query: PoolQuery): Promise<readonly Replica[]>
  clear(): void
}

export type PoolLocationsOptions = {
  readonly livingRegions: () => readonly string[]
  readonly locate: (region: string, query: PoolQuery) => Promise<Replica | undefined>
  readonly onFailure: (region: string, error: unknown) => void
  readonly now: () => number
}

export const createPoolLocations = (options: PoolLocationsOptions): PoolLocations => {
  const known = new LRUCache<string, readonly Replica[]>({
    max: entriesMax,
    ttl: lifetimeMs,
    perf: { now: options.now },
  })
  const asking = new Map<string, Promise<readonly Replica[]>>()

  const ask = async (query: PoolQuery, key: string): Promise<readonly Replica[]> => {
    const regions = options.livingRegions()
    const answers = await Promise.allSettled(regions.map((region) => options.locate(region, query)))
    for (const [index, answer] of answers.entries())
      if (answer.status === 'rejected') options.onFailure(regions[index] ?? '', answer.reason)
    const replicas = answers
      .map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined))
      .filter((replica) => replica !== undefined)
    // What nobody has may be created in a moment, and half an answer may lack the primary: neither is remembered.
    const isWhole = answers.every((answer) => answer.status === 'fulfilled')
    if (isWhole && replicas.length > 0) known.set(key, replicas)
    return replicas
  }

  return {
    find: (query) => {
      const key = `${query.by} ${query.value}`
      const replicas = known.get(key)
      if (replicas !== undefined) return Promise.resolve(replicas)
      const underway = asking.get(key)
      if (underway !== undefined) return underway
      const answer = ask(query, key).finally(() => asking.delete(key))
      asking.set(key, answer)
      return answer
    },
    clear: () => known.clear(),
  }
}
