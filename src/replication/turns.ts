// One change of a pool's role at a time: the fence and the registration are two records, and must be changed together.

export type Turns = {
  /** Runs when all that were given before for the pool have ended, however they did. Must not be called from within a turn of the pool. */
  take<Value>(poolId: string, run: () => Promise<Value>): Promise<Value>
}

export const createTurns = (): Turns => {
  const last = new Map<string, Promise<unknown>>()
  return {
    take: (poolId, run) => {
      const before = last.get(poolId) ?? Promise.resolve()
      const turn = before.then(run, run)
      const ended = turn
        .catch(() => undefined)
        .finally(() => {
          if (last.get(poolId) === ended) last.delete(poolId)
        })
      last.set(poolId, ended)
      return turn
    },
  }
}
