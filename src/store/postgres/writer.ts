// The writing side of the PostgreSQL engine: a bounded queue of jobs, run in groups so that commits share a flush of the database's disk.
import type { ClientBase } from 'pg'
import type { Job, JobResult } from '../job.ts'
import { StoreBusy, StoreFailure } from '../store-errors.ts'
import { beginDrop, stepDrop, unfinishedDrops } from './drop.ts'
import { OutcomeUnknown } from './durable-commit.ts'
import { isAboutTheChange, isTransient, storeFailure } from './failure.ts'
import { type Growth, runGroup } from './group-transaction.ts'
import { type GroupJob, scopesOfJob } from './run-job.ts'

export type WriterOptions = {
  /** Lends a connection for one transaction; one that broke is given up. */
  readonly withClient: <Result>(work: (client: ClientBase) => Promise<Result>) => Promise<Result>
  readonly nodeId: string
  readonly logEntriesMax: number
  /** Whether pools may be written to over this connection. */
  readonly isSettled: (client: ClientBase) => Promise<boolean>
  readonly waitingMax: number
  readonly waitingBytesMax: number
  /** Transactions at a time. Each works on scopes of its own. */
  readonly groupsMax: number
  /** Hears of streams whose logs grew. */
  readonly onGrown: (grown: readonly Growth[]) => void
  /** Hears what housekeeping, which nobody waits for, failed with. */
  readonly onHousekeepingError: (error: unknown) => void
}

type Waiting = {
  readonly job: Job
  readonly scopes: readonly string[]
  readonly bytes: number
  resolve(result: JobResult): void
  reject(error: unknown): void
}

type WaitingInGroup = Waiting & { readonly job: GroupJob }

const jobsPerGroupMax = 256
const bytesPerGroupMax = 8 * 1024 * 1024
const transientTriesMax = 5
/** A stream's trimmed entries are deleted once it has grown by this much. */
const sweepEvery = 1_000
const sweptPerStep = 2_000

const isDrop = (waiting: Waiting): waiting is Waiting & { readonly job: Extract<Job, { kind: 'drop' }> } =>
  waiting.job.kind === 'drop'

export type Writer = {
  submit(job: Job, bytes: number): Promise<JobResult>
  /** Resolves once everything that was submitted is answered. */
  close(): Promise<void>
}

export const createWriter = (options: WriterOptions): Writer => {
  const { withClient, nodeId, logEntriesMax, isSettled } = options
  let queue: Waiting[] = []
  let waitingCount = 0
  let waitingBytes = 0
  const busyScopes = new Set<string>()
  const grownSinceSweep = new Map<string, number>()
  let groups = 0
  let isClosed = false
  let isStarting = false
  let idle: (() => void) | undefined

  const settle = (waiting: Waiting, answer: () => void): void => {
    waitingCount -= 1
    waitingBytes -= waiting.bytes
    answer()
  }

  const tryAgainIfTransient = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    for (let tries = 1; ; tries += 1)
      try {
        return await work()
      } catch (error) {
        if (!isTransient(error) || tries === transientTriesMax) throw error
      }
  }

  const finishDrop = async (scope: string): Promise<void> => {
    while (!(await tryAgainIfTransient(() => withClient((client) => stepDrop(client, scope)))));
  }

  const sweep = async (stream: string): Promise<void> => {
    for (;;) {
      const { rowCount } = await withClient((client) =>
        client.query(
          `DELETE FROM log WHERE (stream, position) IN (
             SELECT l.stream, l.position FROM log l JOIN streams s USING (stream)
             WHERE l.stream = $1 AND l.position <= s.trimmed ORDER BY l.position LIMIT $2)`,
          [stream, sweptPerStep],
        ),
      )
      if ((rowCount ?? 0) < sweptPerStep) return
    }
  }

  const noteGrowth = (jobs: readonly GroupJob[], grown: readonly Growth[]): void => {
    const due = new Set<string>()
    for (const job of jobs) if (job.kind === 'trimLog') due.add(job.stream)
    for (const { stream } of grown) {
      const count = (grownSinceSweep.get(stream) ?? 0) + jobs.length
      if (count >= sweepEvery) due.add(stream)
      grownSinceSweep.set(stream, count >= sweepEvery ? 0 : count)
    }
    for (const stream of due) sweep(stream).catch(options.onHousekeepingError)
  }

  const runJobs = async (taken: readonly WaitingInGroup[]): Promise<void> => {
    try {
      const jobs = taken.map(({ job }) => job)
      for (;;) {
        const done = await tryAgainIfTransient(() =>
          withClient((client) => runGroup(client, jobs, { nodeId, logEntriesMax, isSettled })),
        )
        if (done.kind === 'dropping') {
          // Somebody is removing a scope that this group needs, or died while doing so: help, then run.
          for (const scope of done.scopes) await finishDrop(scope)
          continue
        }
        // Listeners first: whoever hears of a commit's answer may count on them.
        options.onGrown(done.grown)
        taken.forEach((waiting, index) => {
          const outcome = done.outcomes[index]
          settle(waiting, () => {
            if (outcome !== undefined && 'result' in outcome) waiting.resolve(outcome.result)
            else waiting.reject(outcome?.refusal)
          })
        })
        noteGrowth(jobs, done.grown)
        return
      }
    } catch (error) {
      if (taken.length > 1 && isAboutTheChange(error)) {
        // One of them is more than the database takes: alone, each gets its own answer.
        for (const waiting of taken) await runJobs([waiting])
        return
      }
      const isOutcomeUnknown = error instanceof OutcomeUnknown
      const failure = storeFailure(
        isOutcomeUnknown ? error.cause : error,
        'writing to the store',
        isOutcomeUnknown,
      )
      for (const waiting of taken) settle(waiting, () => waiting.reject(failure))
    }
  }

  const runDrop = async (waiting: Waiting & { readonly job: Extract<Job, { kind: 'drop' }> }) => {
    const { scope, begin } = waiting.job
    try {
      for (;;) {
        const isBegun = await tryAgainIfTransient(() =>
          withClient((client) => beginDrop(client, scope, begin === undefined ? {} : { begin })),
        )
        await finishDrop(scope)
        // It was somebody else's drop that ended: what they wrote since has to go as well.
        if (isBegun) break
      }
      grownSinceSweep.delete(scope)
      settle(waiting, () => waiting.resolve({}))
    } catch (error) {
      const failure = storeFailure(error, 'dropping a scope')
      settle(waiting, () => waiting.reject(failure))
    }
  }

  /** What can run now: in order, and nothing that touches a scope on which something before it waits. */
  const take = (): readonly Waiting[] => {
    const blocked = new Set(busyScopes)
    const taken: Waiting[] = []
    const left: Waiting[] = []
    let bytes = 0
    for (const waiting of queue) {
      const isFull =
        taken.length >= jobsPerGroupMax || (taken.length > 0 && bytes + waiting.bytes > bytesPerGroupMax)
      const isAlone = taken.length > 0 && (isDrop(waiting) || taken.some(isDrop))
      if (isFull || isAlone || waiting.scopes.some((scope) => blocked.has(scope))) {
        for (const scope of waiting.scopes) blocked.add(scope)
        left.push(waiting)
        continue
      }
      taken.push(waiting)
      bytes += waiting.bytes
    }
    queue = left
    return taken
  }

  const runNext = (): void => {
    isStarting = false
    while (groups < options.groupsMax && queue.length > 0) {
      const taken = take()
      if (taken.length === 0) break
      const scopes = new Set(taken.flatMap((waiting) => waiting.scopes))
      for (const scope of scopes) busyScopes.add(scope)
      groups += 1
      const [first] = taken
      const running =
        first !== undefined && isDrop(first) ? runDrop(first) : runJobs(taken as WaitingInGroup[])
      void running.then(() => {
        groups -= 1
        for (const scope of scopes) busyScopes.delete(scope)
        runNext()
      })
    }
    if (groups === 0 && queue.length === 0) idle?.()
  }

  const start = (): void => {
    if (isStarting) return
    isStarting = true
    // What the same turn of the event loop submits goes into one group.
    setImmediate(runNext)
  }

  const finishOldDrops = async (): Promise<void> => {
    for (const scope of await withClient(unfinishedDrops)) await finishDrop(scope)
  }
  const oldDrops = finishOldDrops().catch(options.onHousekeepingError)

  return {
    submit: (job, bytes) =>
      new Promise((resolve, reject) => {
        if (isClosed) throw new StoreFailure('the store is closed')
        const isFull = waitingCount >= options.waitingMax || waitingBytes + bytes > options.waitingBytesMax
        if (isFull && waitingCount > 0)
          throw new StoreBusy(`${waitingCount} changes of ${waitingBytes} bytes are waiting for the database`)
        waitingCount += 1
        waitingBytes += bytes
        queue.push({ job, scopes: scopesOfJob(job), bytes, resolve, reject })
        start()
      }),
    close: async () => {
      isClosed = true
      await oldDrops
      if (groups > 0 || queue.length > 0)
        await new Promise<void>((resolve) => {
          idle = resolve
        })
    },
  }
}
