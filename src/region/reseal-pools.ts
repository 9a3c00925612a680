// The background job that seals pools again whose key changed: one pool after another, a part of the time, and with progress to see.
import { registeredPools } from '../directory/records/user-pool.ts'
import type { Clock } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { ResealProgress } from '../telemetry/metrics.ts'
import { keyChanges } from '../vault/reseal.ts'
import type { PoolResealing, Vault } from '../vault/vault.ts'
import { isFault } from '../wire/fault.ts'

export type Resealing = {
  /** Begins with what an earlier process left undone. */
  start(): void
  /** The pools that were sealed again since this process began to lead, are being, or wait for it; the latest ones. */
  progress(): Promise<readonly ResealProgress[]>
  /** Ends after the slice that is under way; the next start goes on. */
  close(): Promise<void>
}

const pollMs = 500
const searchMs = 3_600_000
const pageSize = 100
const progressMax = 1_000
const logMs = 10_000
/** A slice is followed by a pause of three times as long: the job takes at most a quarter of one processor and of the disk. */
const pauseFactor = 3
const pauseMaxMs = 1_000
const retryMinMs = 1_000
const retryMaxMs = 300_000

type Failure = { readonly pauseMs: number; readonly untilMs: number }

export const createResealing = (options: {
  readonly region: string
  readonly vault: Vault
  readonly clock: Clock
  readonly log: Logger
}): Resealing => {
  const { region, vault, clock, log } = options
  const progress = new Map<string, ResealProgress>()
  const failures = new Map<string, Failure>()
  let isClosed = false
  let wake = (): void => {}
  let running: Promise<void> | undefined

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, isClosed ? 0 : ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const show = (poolId: string, doneCount: number, leftCount: number): void => {
    progress.delete(poolId)
    progress.set(poolId, { poolId, doneCount, leftCount: Math.max(0, leftCount) })
    const [oldest] = progress.keys()
    if (progress.size > progressMax && oldest !== undefined) progress.delete(oldest)
  }

  /** One pass over the pool's records. Resolves with undefined when the Region closed before its end. */
  const pass = async (
    poolId: string,
    resealing: PoolResealing,
  ): Promise<{ readonly examinedCount: number; readonly resealedCount: number } | undefined> => {
    const totalCount = await resealing.count()
    log.info({ poolId, recordCount: totalCount }, 'the user pool is being sealed under its new key')
    show(poolId, 0, totalCount)
    let loggedAtMs = clock.now()
    let examinedCount = 0
    let resealedCount = 0
    for (let after: string | undefined; ; ) {
      if (isClosed) return undefined
      const beganAtMs = performance.now()
      const step = await resealing.step(after)
      examinedCount += step.examinedCount
      resealedCount += step.resealedCount
      show(poolId, examinedCount, totalCount - examinedCount)
      if (step.after === undefined) return { examinedCount, resealedCount }
      after = step.after
      if (clock.now() - loggedAtMs >= logMs) {
        loggedAtMs = clock.now()
        log.info({ poolId, examinedCount, resealedCount, recordCount: totalCount }, 'sealing goes on')
      }
      await pause(Math.min(pauseMaxMs, (performance.now() - beganAtMs) * pauseFactor))
    }
  }

  /** Resolves with true when nothing is left to do for the pool in this Region. */
  const reseal = async (poolId: string): Promise<boolean> => {
    const registered = await vault.region.get(registeredPools, poolId)
    if (registered === undefined || !(await vault.hasOlderKeys(poolId))) return true
    const { role, replicaRegions } = registered.value
    const isPrimary = role === 'PRIMARY'
    const resealing = await vault.resealing(poolId, isPrimary ? ['replicated', 'regional'] : ['regional'])
    const passed = await pass(poolId, resealing)
    if (passed === undefined) return false
    const { examinedCount, resealedCount } = passed
    // Where the key was changed elsewhere and that Region still has the pool, its regional data may be under the older keys yet.
    const mayDrop = isPrimary && (resealing.changedIn === region || replicaRegions.length === 0)
    const hasDropped = mayDrop && (await resealing.dropOlderKeys())
    const isDone = hasDropped || !mayDrop
    if (isDone) show(poolId, examinedCount, 0)
    log.info({ poolId, resealedCount, olderKeysDropped: hasDropped }, 'the user pool is sealed anew')
    return isDone
  }

  const attempt = async (poolId: string): Promise<boolean> => {
    const failure = failures.get(poolId)
    if (failure !== undefined && clock.now() < failure.untilMs) return false
    try {
      const isDone = await reseal(poolId)
      failures.delete(poolId)
      return isDone
    } catch (error) {
      const pauseMs = Math.min(retryMaxMs, (failure?.pauseMs ?? retryMinMs / 2) * 2)
      failures.set(poolId, { pauseMs, untilMs: clock.now() + pauseMs })
      // A Fault names the key and what is wrong with it: nothing of the pool's users.
      log.warn(
        { err: error, poolId, reason: isFault(error) ? error.message : undefined },
        'the user pool could not be sealed anew; it is tried again',
      )
      return false
    }
  }

  /** The changes that were noted in this Region. */
  const noted = async (): Promise<void> => {
    for (let after: string | undefined; ; ) {
      const page = await vault.region.list(keyChanges, {
        limit: pageSize,
        ...(after === undefined ? {} : { after }),
      })
      for (const stored of page.items) {
        if (isClosed) return
        if (await attempt(stored.value.poolId))
          await vault.region.commit((changes) => changes.delete(keyChanges, stored))
      }
      if (page.after === undefined) return
      after = page.after
    }
  }

  /** Pools that became this Region's to write while another one had not finished. */
  const inherited = async (): Promise<void> => {
    for (let after: string | undefined; ; ) {
      const page = await vault.region.list(registeredPools, {
        limit: pageSize,
        ...(after === undefined ? {} : { after }),
      })
      for (const { value } of page.items) {
        if (isClosed) return
        if (value.role === 'PRIMARY' && (await vault.hasOlderKeys(value.poolId))) await attempt(value.poolId)
      }
      if (page.after === undefined) return
      after = page.after
    }
  }

  const run = async (): Promise<void> => {
    for (let searchedAtMs = 0; !isClosed; await pause(pollMs)) {
      try {
        await noted()
        if (clock.now() - searchedAtMs < searchMs) continue
        await inherited()
        searchedAtMs = clock.now()
      } catch (error) {
        log.error({ err: error }, 'the key changes of user pools could not be read')
      }
    }
  }

  return {
    start: () => {
      running ??= run()
    },
    progress: async () => {
      const shown = new Map(progress)
      const { items } = await vault.region.list(keyChanges, { limit: pageSize })
      // What is only noted has not been counted yet.
      for (const { value } of items) {
        const known = shown.get(value.poolId)
        if (known === undefined || known.leftCount === 0)
          shown.set(value.poolId, {
            poolId: value.poolId,
            doneCount: 0,
            leftCount: Math.max(1, known?.doneCount ?? 0),
          })
      }
      return [...shown.values()]
    },
    close: async () => {
      isClosed = true
      wake()
      await running
    },
  }
}
