// The disk of a simulated Region: keeps what was durable when a process dies, loses what was not; can be slow, full, or fail in the middle.
import type { Commit, LogEntry, Store, StreamHead } from '../../../src/store/store.ts'
import { StoreFailure } from '../../../src/store/store-errors.ts'
import type { Dice } from './dice.ts'
import { type Life, whileAlive } from './life.ts'
import type { MemoryStore } from './memory-store.ts'
import type { SimulatedTime } from './time.ts'

/** Hears of everything that becomes durable, at the moment when it does. */
export type DiskWitness = {
  /** A commit to a pool, or a raised epoch. `before` is where the log stood. */
  wrote(before: StreamHead, entry: LogEntry): void
  /** What a follower hands over to be applied to a stream that stands at `head`. */
  given(head: StreamHead, entries: readonly LogEntry[]): void
  applied(before: StreamHead, entry: LogEntry): void
  pageStored(): void
  copyBegan(from: number): void
  /** The Region's entry of the pool is gone: it has no replica any more. */
  forgot(): void
  /** The removal of everything of a scope began. */
  dropped(scope: string): void
  /** Everything is gone. */
  lost(): void
}

export type DiskFaults = {
  /** A write takes up to so long before it is durable, and up to a quarter of it afterwards until that is known. */
  slowMs: number
  /** `full`: writes fail. `broken`: reads fail too. */
  state: 'fine' | 'full' | 'broken'
  /** The next write fails without anybody knowing whether it is durable; no other one succeeds until the disk is opened again. */
  isTorn: boolean
  /** Announcements of new log entries get lost; the port lets nobody rely on them. */
  losesAnnouncements: boolean
}

export type Disk = {
  /** What is durable, past every fault: for the checks. */
  readonly content: MemoryStore
  readonly faults: DiskFaults
  /** A commit was torn: nothing can be written until the disk is opened again. */
  mustBeOpenedAgain(): boolean
  /** Grows with every change of what is durable. */
  changeCount(): number
  /** The process that has the disk open ends at its `count`-th next step: just before or just after that is durable. */
  crashAtStep(count: number, crash: () => void): void
  /** There is another disk in its place, an empty one. No process may have it open. */
  lose(): void
  /** What a process gets that opens the disk. Drops that were cut short go on. */
  open(life: Life): Store
}

const recordsPerDropStep = 4
const never = <Value>(): Promise<Value> => new Promise(() => {})

export const createDisk = (options: {
  readonly content: MemoryStore
  readonly time: SimulatedTime
  readonly dice: Dice
  readonly witness: DiskWitness
}): Disk => {
  const { content, time, dice, witness } = options
  const faults: DiskFaults = { slowMs: 2, state: 'fine', isTorn: false, losesAnnouncements: false }
  const dropping = new Set<string>()
  let changes = 0
  let torn: StoreFailure | undefined
  let crashing: { stepsLeft: number; readonly crash: () => void } | undefined

  const step = (): void => {
    if (crashing === undefined) return
    crashing.stepsLeft -= 1
    if (crashing.stepsLeft > 0) return
    const { crash } = crashing
    crashing = undefined
    crash()
  }

  const write = async (commit: Commit): Promise<{ readonly position?: number }> => {
    const { stream } = commit
    if (stream === undefined) {
      const result = await content.commit(commit)
      if (commit.delete?.some((key) => key.startsWith('@region/pools/')) === true) witness.forgot()
      return result
    }
    const before = await content.head(stream)
    const done = await content.commit(commit)
    const [entry] = await content.readLog(stream, before.position, 1)
    if (entry !== undefined) witness.wrote(before, entry)
    return done
  }

  const open = (life: Life): Store => {
    const timer = time.timerOf(life)
    torn = undefined
    let last: Promise<unknown> = Promise.resolve()

    const pause = async (mostMs: number): Promise<void> => {
      const ms = mostMs === 0 ? 0 : dice.below(mostMs + 1)
      if (ms > 0) await timer.wait(ms)
    }
    /** One change after another, each whole or not at all. */
    const change = <Value>(apply: () => Promise<Value>): Promise<Value> => {
      const job = last.then(async () => {
        await pause(faults.slowMs)
        step()
        if (life.isOver) return never<Value>()
        if (torn !== undefined) throw torn
        if (faults.state !== 'fine') throw new StoreFailure('the disk is full')
        if (faults.isTorn) {
          faults.isTorn = false
          torn = new StoreFailure('the disk failed', { isOutcomeUnknown: true })
          if (dice.once(2)) await apply()
          changes += 1
          throw torn
        }
        changes += 1
        for (const scope of dropping) await remove(scope)
        const value = await apply()
        step()
        await pause(faults.slowMs >> 2)
        return value
      })
      last = job.catch(() => undefined)
      return whileAlive(life, job)
    }
    const read = <Value>(look: () => Promise<Value>): Promise<Value> => {
      if (faults.state === 'broken') return Promise.reject(new StoreFailure('the disk can not be read'))
      return whileAlive(life, look())
    }
    /** In steps, between which the process can end. What touches the scope waits until it is done, however long ago it began. */
    const remove = async (scope: string): Promise<void> => {
      for (;;) {
        const some = await content.range(`${scope}/`, { limit: recordsPerDropStep })
        await content.commit({ delete: some.map(({ key }) => key) })
        changes += 1
        if (some.length < recordsPerDropStep) break
        step()
        if (life.isOver) return never()
        await pause(faults.slowMs >> 2)
        if (faults.state !== 'fine') throw new StoreFailure('the disk is full')
      }
      await content.dropScope(scope)
      dropping.delete(scope)
    }
    const drop = (scope: string, begin?: () => Promise<void>): Promise<void> =>
      change(async () => {
        dropping.add(scope)
        content.removeStream(scope)
        witness.dropped(scope)
        await remove(scope)
        await begin?.()
      })
    const apply = async (stream: string, entries: readonly LogEntry[]): Promise<StreamHead> => {
      witness.given(await content.head(stream), entries)
      for (const entry of entries) {
        const before = await content.head(stream)
        if (entry.position <= before.position) continue
        await content.applyLog(stream, [entry])
        witness.applied(before, entry)
        step()
        if (life.isOver) return never()
      }
      return content.head(stream)
    }

    return {
      get: (key) => read(() => content.get(key)),
      getMany: (keys) => read(() => content.getMany(keys)),
      range: (prefix, how) => read(() => content.range(prefix, how)),
      find: (term, prefix, how) => read(() => content.find(term, prefix, how)),
      findBeginning: (beginning, place, how) => read(() => content.findBeginning(beginning, place, how)),
      count: (place) => read(() => content.count(place)),
      counter: (key) => read(() => content.counter(key)),
      head: (stream) => read(() => content.head(stream)),
      readLog: (stream, after, limit) => read(() => content.readLog(stream, after, limit)),
      watch: (stream, listener) =>
        content.watch(stream, () => {
          if (!life.isOver && !(faults.losesAnnouncements && dice.once(2))) listener()
        }),
      commit: (commit) => change(() => write(commit)),
      trimLog: (stream, upTo) => change(() => content.trimLog(stream, upTo)),
      raiseEpoch: (stream, epoch) =>
        change(async () => {
          const before = await content.head(stream)
          const head = await content.raiseEpoch(stream, epoch)
          const [entry] = await content.readLog(stream, before.position, 1)
          if (entry !== undefined) witness.wrote(before, entry)
          return head
        }),
      beginCopy: (stream, from, epoch) =>
        drop(stream, async () => {
          await content.beginCopy(stream, from, epoch)
          witness.copyBegan(from)
        }),
      copyPage: (stream, records, progress) =>
        change(async () => {
          await content.copyPage(stream, records, progress)
          witness.pageStored()
        }),
      applyLog: (stream, entries) => change(() => apply(stream, entries)),
      dropScope: (scope) => drop(scope),
      close: async () => {},
    }
  }

  return {
    content,
    faults,
    mustBeOpenedAgain: () => torn !== undefined,
    changeCount: () => changes,
    lose: () => {
      content.erase()
      dropping.clear()
      torn = undefined
      changes += 1
      witness.lost()
    },
    crashAtStep: (count, crash) => {
      crashing = { stepsLeft: count, crash }
    },
    open,
  }
}
