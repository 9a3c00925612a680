// The writer without its thread: runs groups of jobs in one transaction each, and the housekeeping between them.
import type { DatabaseSync } from 'node:sqlite'
import type { Job, JobResult } from '../job.ts'
import { scopeOf } from '../keys.ts'
import { Conflict, Divergence } from '../store.ts'
import { StoreFailure } from '../store-errors.ts'
import { createCommitRunner } from './commit-job.ts'
import type { DropJob } from './drops.ts'
import { createDrops } from './drops.ts'
import { isFatal, storeFailure } from './failure.ts'
import { createFiling } from './filing.ts'
import { createFollowerJobs } from './follower-job.ts'
import type { CloseJob, FromWriter, Reply, Request, WriterOptions } from './messages.ts'
import { sendError } from './messages.ts'
import { createRecordTable } from './record-table.ts'
import { createStreamTable, headOf } from './stream-table.ts'

type Done = Extract<FromWriter, { kind: 'done' }>
/** What is done to a scope in many steps. Jobs that touch the scope wait for its end. */
type Work = {
  readonly scope: string
  /** Whom to answer at its end; undefined for what nobody here asked for. */
  readonly id: number | undefined
  readonly deferred: Request[]
  /** A scope that is half dropped stays shut until the rest has gone, too. */
  readonly isDrop: boolean
  /** One bounded step inside a transaction; true when nothing is left. */
  step(): boolean
}

type Housekeeping = {
  readonly replies: readonly Reply[]
  readonly released: readonly Request[]
  readonly hasFailed: boolean
}

const sweptPerStep = 2_000

const scopesOf = (job: Job | CloseJob): readonly string[] => {
  switch (job.kind) {
    case 'commit': {
      const { check = [], put = [], delete: deleted = [], add = [] } = job.commit
      return [...[...check, ...put, ...add].map(({ key }) => key), ...deleted].map(scopeOf)
    }
    case 'drop':
      return [job.scope]
    case 'close':
      return []
    default:
      return [job.stream]
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Conflict || error instanceof Divergence || error instanceof RangeError

export type WriterEngine = ReturnType<typeof createWriterEngine>

export const createWriterEngine = (
  database: DatabaseSync,
  { logEntriesMax }: Pick<WriterOptions, 'logEntriesMax'>,
) => {
  const records = createRecordTable(database)
  const streams = createStreamTable(database, logEntriesMax)
  const runCommit = createCommitRunner(database, records, streams)
  const follower = createFollowerJobs(records, streams)
  const drops = createDrops(database, records, streams)
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const underWay = new Map<string, Work>()
  const drop = (job: DropJob, id: number | undefined): void => {
    const { scope } = job
    underWay.set(scope, { scope, id, deferred: [], isDrop: true, step: () => drops.step(job) })
  }
  const file = (stream: string, deferred: Request[]): void => {
    const { step } = createFiling(stream, records, streams)
    underWay.set(stream, { scope: stream, id: undefined, deferred, isDrop: false, step })
  }
  for (const scope of drops.unfinished()) drop({ kind: 'drop', scope }, undefined)
  /** Set when the disk or the file failed in a way after which nothing can be believed. */
  let brokenBy: StoreFailure | undefined

  const rollBack = (): void => {
    records.forget()
    // SQLite has rolled back by itself after some errors.
    if (database.isTransaction) database.exec('ROLLBACK')
    streams.forget()
  }

  /** Whether a commit waits for the disk, as openWriter has set it. Whatever does not is durable with the next one that does. */
  let isFlushing = true

  /**
   * Runs `work` in one transaction, durable when this returns unless `isFlushed` is false. Whatever fails, nothing of it stays, and the error is a
   * StoreFailure.
   */
  const durably = (work: () => void, isFlushed = true): void => {
    if (brokenBy !== undefined) throw brokenBy
    let isCommitting = false
    try {
      if (isFlushed !== isFlushing) database.exec(`PRAGMA synchronous = ${isFlushed ? 'FULL' : 'NORMAL'}`)
      isFlushing = isFlushed
      begin.run()
      work()
      streams.flush()
      isCommitting = true
      commit.run()
    } catch (error) {
      const failure = storeFailure(error, 'writing to the store', isCommitting && isFatal(error))
      if (isFatal(error))
        brokenBy = new StoreFailure(`the store is closed to writing since ${failure.message}`, {
          cause: error,
        })
      try {
        rollBack()
      } catch (rollBackError) {
        brokenBy ??= storeFailure(rollBackError, 'taking back a failed change')
      }
      throw failure
    }
  }

  /** For jobs that may be refused after they have written something: takes back what they did, and only that. */
  const withSavepoint = <Result>(stream: string, work: () => Result): Result => {
    const before = { ...streams.read(stream) }
    database.exec('SAVEPOINT job')
    try {
      const result = work()
      database.exec('RELEASE job')
      return result
    } catch (error) {
      if (isRefusal(error)) {
        database.exec('ROLLBACK TO job; RELEASE job')
        records.forget()
        streams.set(stream, before)
      }
      throw error
    }
  }

  const raiseEpoch = (stream: string, epoch: number, nowMs: number): JobResult => {
    const state = streams.read(stream)
    if (state.copy !== undefined)
      throw new RangeError(`${stream} is being copied: it can't begin an epoch of its own`)
    if (epoch <= state.epoch)
      throw new RangeError(`the epoch of ${stream} is ${state.epoch} already: ${epoch}`)
    streams.change(stream).epoch = epoch
    const position = streams.append(stream, nowMs, [], [])
    return { position, head: headOf(state) }
  }

  const run = (job: Job): JobResult => {
    switch (job.kind) {
      case 'commit':
        return runCommit(job.commit, job.nowMs)
      case 'raiseEpoch':
        return raiseEpoch(job.stream, job.epoch, job.nowMs)
      case 'trimLog':
        streams.trim(job.stream, job.upTo)
        return {}
      case 'copyPage':
        withSavepoint(job.stream, () => follower.copyPage(job.stream, job.records, job.progress))
        return {}
      case 'applyLog':
        return { head: withSavepoint(job.stream, () => follower.applyLog(job.stream, job.entries)) }
      case 'drop':
        drops.begin(job.scope)
        return {}
    }
  }

  /** Puts a request aside if something is being done to its scope; false if it can run now. */
  const defer = (request: Request): boolean => {
    if (underWay.size === 0) return false
    const work = scopesOf(request.job)
      .map((scope) => underWay.get(scope))
      .find((found) => found !== undefined)
    work?.deferred.push(request)
    return work !== undefined
  }

  /** Runs the requests in one transaction, or, when one of them breaks it, each in its own. */
  const runTogether = (requests: readonly Request[]): Done => {
    const replies: Reply[] = []
    const dropped: { readonly id: number; readonly job: DropJob }[] = []
    /** What waits until terms are filed, by stream: with a job that needs them, all later ones that touch the stream. */
    const filing = new Map<string, Request[]>()
    try {
      durably(() => {
        for (const request of requests) {
          const { id, job } = request
          if (job.kind === 'close') continue
          const waiting = scopesOf(job).find((scope) => filing.has(scope))
          if (waiting !== undefined) {
            filing.get(waiting)?.push(request)
            continue
          }
          if ('stream' in job && follower.mustFileFirst(job)) {
            filing.set(job.stream, [request])
            continue
          }
          try {
            const result = run(job)
            if (job.kind === 'drop') dropped.push({ id, job })
            else replies.push({ id, result })
          } catch (error) {
            if (!isRefusal(error)) throw error
            replies.push({ id, error: sendError(error) })
          }
        }
      })
    } catch (error) {
      if (requests.length === 1 || brokenBy !== undefined)
        return {
          kind: 'done',
          replies: requests.map(({ id }) => ({ id, error: sendError(error) })),
          grown: [],
        }
      // What one of them begins, the next ones wait for.
      const alone = requests.flatMap((request) => (defer(request) ? [] : [runTogether([request])]))
      return {
        kind: 'done',
        replies: alone.flatMap((done) => done.replies),
        grown: [...new Set(alone.flatMap((done) => done.grown))],
      }
    }
    for (const { id, job } of dropped) drop(job, id)
    for (const [stream, deferred] of filing) file(stream, deferred)
    return { kind: 'done', replies, grown: streams.takeGrown() }
  }

  return {
    defer,
    run: runTogether,
    hasHousekeeping: (): boolean => underWay.size > 0 || streams.hasToSweep(),
    /** One bounded step. Answers work that ended, and hands back what waited for it, to be run. */
    keepHouse: (): Housekeeping => {
      const [work] = underWay.values()
      try {
        if (work === undefined) {
          durably(() => streams.sweepSome(sweptPerStep))
          return { replies: [], released: [], hasFailed: false }
        }
        let isDone = false
        // Terms that a failure of power takes back are filed again; who waits for them waits for a commit of its own.
        durably(() => {
          isDone = work.step()
        }, work.isDrop)
        if (!isDone) return { replies: [], released: [], hasFailed: false }
        underWay.delete(work.scope)
        const replies = work.id === undefined ? [] : [{ id: work.id, result: {} }]
        return { replies, released: work.deferred, hasFailed: false }
      } catch (error) {
        if (work === undefined) return { replies: [], released: [], hasFailed: true }
        const { scope } = work
        underWay.delete(scope)
        // Whoever waits is told. A removal goes on after the next commit or at the next start; filing begins anew with the next job.
        if (work.isDrop) drop({ kind: 'drop', scope }, undefined)
        const told = [...(work.id === undefined ? [] : [work.id]), ...work.deferred.map(({ id }) => id)]
        const replies = told.map((id) => ({ id, error: sendError(error) }))
        return { replies, released: [], hasFailed: true }
      }
    },
  }
}
