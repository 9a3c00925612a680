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
import { createFollowerJobs } from './follower-job.ts'
import type { CloseJob, FromWriter, Reply, Request, WriterOptions } from './messages.ts'
import { sendError } from './messages.ts'
import { createRecordTable } from './record-table.ts'
import { createStreamTable, headOf } from './stream-table.ts'

type Done = Extract<FromWriter, { kind: 'done' }>
/** A drop that is under way; `id` is undefined for one that an earlier process began. */
type Drop = { readonly id: number | undefined; readonly job: DropJob; readonly deferred: Request[] }

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
  /** Drops under way, by scope. Jobs that touch such a scope wait for the end of its drop. */
  const dropping = new Map<string, Drop>()
  for (const scope of drops.unfinished())
    dropping.set(scope, { id: undefined, job: { kind: 'drop', scope }, deferred: [] })
  /** Set when the disk or the file failed in a way after which nothing can be believed. */
  let brokenBy: StoreFailure | undefined

  const rollBack = (): void => {
    records.forget()
    // SQLite has rolled back by itself after some errors.
    if (database.isTransaction) database.exec('ROLLBACK')
    streams.forget()
  }

  /** Runs `work` in one durable transaction. Whatever fails, nothing of it stays, and the error is a StoreFailure. */
  const durably = (work: () => void): void => {
    if (brokenBy !== undefined) throw brokenBy
    let isCommitting = false
    try {
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

  /** Runs the requests in one transaction, or, when one of them breaks it, each in its own. */
  const runTogether = (requests: readonly Request[]): Done => {
    const replies: Reply[] = []
    const begun: Request[] = []
    try {
      durably(() => {
        for (const request of requests) {
          const { id, job } = request
          if (job.kind === 'close') continue
          try {
            const result = run(job)
            if (job.kind === 'drop') begun.push(request)
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
      const alone = requests.map((request) => runTogether([request]))
      return {
        kind: 'done',
        replies: alone.flatMap((done) => done.replies),
        grown: [...new Set(alone.flatMap((done) => done.grown))],
      }
    }
    for (const { id, job } of begun)
      if (job.kind === 'drop') dropping.set(job.scope, { id, job, deferred: [] })
    return { kind: 'done', replies, grown: streams.takeGrown() }
  }

  return {
    /** Puts a request aside if its scope is being dropped; false if it can run now. */
    defer: (request: Request): boolean => {
      if (dropping.size === 0) return false
      const drop = scopesOf(request.job)
        .map((scope) => dropping.get(scope))
        .find((found) => found !== undefined)
      drop?.deferred.push(request)
      return drop !== undefined
    },
    run: runTogether,
    hasHousekeeping: (): boolean => dropping.size > 0 || streams.hasToSweep(),
    /** One bounded step. Answers a drop that ended, and hands back what waited for it, to be run. */
    keepHouse: (): Housekeeping => {
      const [drop] = dropping.values()
      try {
        if (drop === undefined) {
          durably(() => streams.sweepSome(sweptPerStep))
          return { replies: [], released: [], hasFailed: false }
        }
        let isDone = false
        durably(() => {
          isDone = drops.step(drop.job)
        })
        if (!isDone) return { replies: [], released: [], hasFailed: false }
        dropping.delete(drop.job.scope)
        const replies = drop.id === undefined ? [] : [{ id: drop.id, result: {} }]
        return { replies, released: drop.deferred, hasFailed: false }
      } catch (error) {
        if (drop === undefined) return { replies: [], released: [], hasFailed: true }
        // Half dropped, the scope stays shut; whoever waits is told, and the removal goes on after the next commit or at the next start.
        const { scope } = drop.job
        dropping.set(scope, { id: undefined, job: { kind: 'drop', scope }, deferred: [] })
        const told = [...(drop.id === undefined ? [] : [drop.id]), ...drop.deferred.map(({ id }) => id)]
        const replies = told.map((id) => ({ id, error: sendError(error) }))
        return { replies, released: [], hasFailed: true }
      }
    },
  }
}
