// Runs import jobs in the background, a batch of rows a commit, with the job's progress in the same commit: a restart repeats and skips nothing.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Conflict } from '../../store/store.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Locality } from '../../vault/collection.ts'
import { perRegion } from '../../vault/per-region.ts'
import type { Changes, Stored } from '../../vault/records.ts'
import type { Vault } from '../../vault/vault.ts'
import { isFault } from '../../wire/fault.ts'
import { prepareNewUser } from '../new-user.ts'
import { readPool } from '../read-pool.ts'
import { type ImportJob, importJobs, importPartKey, importParts, importStops } from '../records/import-job.ts'
import type { User } from '../records/user.ts'
import { registeredPools, type UserPool } from '../records/user-pool.ts'
import { linesOf, parseCsvLine } from './csv.ts'
import { headerFlaw } from './import-header.ts'
import { RowRefused, userOfRow } from './import-row.ts'

const rowsPerBatch = 50
const conflictTriesMax = 10
/** Developer guide, "Quotas": users in one file. */
const rowsMax = 500_000
/** As the guide's samples of jobs show it, which imported nobody. */
const tooManyRefused = 'Too many users have failed or been skipped during the import.'
const failuresLoggedMax = 1_000

type Parts = {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

type Row = { readonly line: number; readonly text: string }
type Outcome = { readonly imported: number; readonly skipped: number; readonly failed: number }

const isRunning = ({ status }: ImportJob): boolean => status === 'Pending' || status === 'InProgress'

export type ImportRunner = {
  /** Takes up a job that is Pending, in the background. */
  start(poolId: string, jobId: string): void
  /** Takes up every job that was under way when the process ended. */
  resume(): Promise<void>
  /** Stops after the batch that is under way; the jobs go on at the next `resume`. */
  close(): Promise<void>
}

const createImportRunner = ({ vault, clock, random, log }: Parts): ImportRunner => {
  const running = new Map<string, Promise<void>>()
  let isClosed = false

  /** What a row is to become, or the reason why it can't. */
  const userOf = (header: readonly string[], row: Row, userPool: UserPool, job: ImportJob): User | string => {
    try {
      return userOfRow(header, parseCsvLine(row.text), userPool, { hashing: job.hashing, clock, random })
    } catch (error) {
      // Faults of the attribute rules may name what they refuse: only their code is fit for a log.
      if (error instanceof RowRefused || error instanceof RangeError) return error.message
      if (isFault(error)) return `an attribute breaks a rule (${error.code})`
      throw error
    }
  }

  /** Writes a batch and the job's progress in one commit. Rejects with Conflict when somebody else changed what it touches. */
  const writeBatch = async (
    poolId: string,
    stored: Stored<ImportJob>,
    userPool: UserPool,
    rows: readonly (readonly [Row, User | string])[],
  ): Promise<void> => {
    const { primary } = vault.pool(poolId)
    const writes: ((changes: Changes<Locality>) => void)[] = []
    const taken = new Set<string>()
    const failures: (readonly [Row, string])[] = []
    let outcome: Outcome = { imported: 0, skipped: 0, failed: 0 }
    for (const [row, made] of rows) {
      if (typeof made === 'string') {
        failures.push([row, made])
        outcome = { ...outcome, failed: outcome.failed + 1 }
        continue
      }
      const names = [
        `name ${made.usernameKey}`,
        ...made.aliases.map(({ attribute, value }) => `${attribute} ${value}`),
      ]
      try {
        if (names.some((name) => taken.has(name))) {
          outcome = { ...outcome, skipped: outcome.skipped + 1 }
          continue
        }
        const write = await prepareNewUser(primary, userPool, made, { taken: 'User account already exists' })
        for (const name of names) taken.add(name)
        writes.push((changes) => write(changes, made))
        outcome = { ...outcome, imported: outcome.imported + 1 }
      } catch (error) {
        if (!isFault(error)) throw error
        outcome = { ...outcome, skipped: outcome.skipped + 1 }
      }
    }
    const job = stored.value
    await primary.commit((changes) => {
      for (const write of writes) write(changes)
      changes.replace(importJobs, stored, {
        ...job,
        rowsDone: job.rowsDone + rows.length,
        importedCount: job.importedCount + outcome.imported,
        skippedCount: job.skippedCount + outcome.skipped,
        failedCount: job.failedCount + outcome.failed,
      })
    })
    for (const [{ line }, reason] of failures.slice(0, Math.max(0, failuresLoggedMax - job.failedCount)))
      log.warn({ poolId, jobId: job.jobId, line, reason }, 'a row of an import was refused')
  }

  const update = async (
    poolId: string,
    jobId: string,
    change: (job: ImportJob) => ImportJob,
  ): Promise<ImportJob | undefined> => {
    const { primary } = vault.pool(poolId)
    for (let tries = 1; ; tries += 1) {
      const stored = await primary.get(importJobs, jobId)
      if (stored === undefined) return undefined
      try {
        const next = change(stored.value)
        await primary.commit((changes) => changes.replace(importJobs, stored, next))
        return next
      } catch (error) {
        if (!(error instanceof Conflict) || tries === conflictTriesMax) throw error
      }
    }
  }

  const end = async (
    poolId: string,
    jobId: string,
    status: 'Succeeded' | 'Failed' | 'Stopped',
    message: string,
  ): Promise<void> => {
    const { primary } = vault.pool(poolId)
    const job = await update(poolId, jobId, (current) => ({
      ...current,
      status,
      message,
      completedAtMs: clock.now(),
    }))
    const stop = await primary.get(importStops, jobId)
    if (stop !== undefined) await primary.commit((changes) => changes.delete(importStops, stop))
    for (let index = 0; index < (job?.partCount ?? 0); index += 1) {
      const part = await primary.get(importParts, importPartKey(jobId, index))
      if (part !== undefined) await primary.commit((changes) => changes.delete(importParts, part))
    }
    log.info({ poolId, jobId, status }, 'an import ended')
  }

  const runBatch = async (
    poolId: string,
    jobId: string,
    header: readonly string[],
    rows: readonly Row[],
  ): Promise<boolean> => {
    for (let tries = 1; ; tries += 1) {
      const { primary } = vault.pool(poolId)
      const [stored, stop] = await Promise.all([
        primary.get(importJobs, jobId),
        primary.get(importStops, jobId),
      ])
      if (stored === undefined || isClosed || stop !== undefined) return false
      const { value: userPool } = await readPool({ poolId, records: primary })
      try {
        const made = rows.map((row) => [row, userOf(header, row, userPool, stored.value)] as const)
        await writeBatch(poolId, stored, userPool, made)
        return true
      } catch (error) {
        if (!(error instanceof Conflict) || tries === conflictTriesMax) throw error
      }
    }
  }

  const run = async (poolId: string, jobId: string): Promise<void> => {
    const { primary } = vault.pool(poolId)
    const job = await update(poolId, jobId, (current) =>
      current.status === 'Pending' ? { ...current, status: 'InProgress', startedAtMs: clock.now() } : current,
    )
    if (job === undefined || !isRunning(job)) return
    const { value: userPool } = await readPool({ poolId, records: primary })
    let header: readonly string[] | undefined
    let line = 0
    let skipped = 0
    for (let index = 0; index < (job.partCount ?? 0); index += 1) {
      const part = await primary.get(importParts, importPartKey(jobId, index))
      const rows: Row[] = []
      for (const text of linesOf(part?.value.text ?? '')) {
        line += 1
        if (header === undefined) {
          header = parseCsvLine(text.replace(/^\uFEFF/, '')).map((column) => column.trim())
          const flaw = headerFlaw(header, userPool, job.hashing !== undefined)
          if (flaw !== undefined) return end(poolId, jobId, 'Failed', flaw)
          continue
        }
        if (line > rowsMax + 1)
          return end(poolId, jobId, 'Failed', `The file has more than ${rowsMax} users.`)
        // Done before a restart.
        if (skipped < job.rowsDone) skipped += 1
        else rows.push({ line, text })
      }
      for (let at = 0; at < rows.length; at += rowsPerBatch) {
        const isDone = await runBatch(poolId, jobId, header ?? [], rows.slice(at, at + rowsPerBatch))
        if (!isDone) {
          if ((await primary.get(importStops, jobId)) !== undefined)
            await end(poolId, jobId, 'Stopped', 'The Import Job was stopped by the developer.')
          return
        }
        await nextTurn()
      }
    }
    if (header === undefined) return end(poolId, jobId, 'Failed', 'The file has no header row.')
    const done = (await primary.get(importJobs, jobId))?.value
    if (done?.importedCount === 0 && done.skippedCount + done.failedCount > 0)
      return end(poolId, jobId, 'Failed', tooManyRefused)
    await end(poolId, jobId, 'Succeeded', 'Import Job Completed Successfully.')
  }

  const start = (poolId: string, jobId: string): void => {
    if (isClosed || running.has(jobId)) return
    const ended = run(poolId, jobId)
      .catch(async (error: unknown) => {
        log.error({ err: error, poolId, jobId }, 'an import failed')
        if (isClosed) return
        await end(poolId, jobId, 'Failed', tooManyRefused).catch((cause: unknown) =>
          log.error({ err: cause, poolId, jobId }, 'an import could not be ended'),
        )
      })
      .finally(() => running.delete(jobId))
    running.set(jobId, ended)
  }

  const resumePool = async (poolId: string): Promise<void> => {
    let after: string | undefined
    do {
      const page = await vault
        .pool(poolId)
        .primary.list(importJobs, { limit: 100, ...(after === undefined ? {} : { after }) })
      for (const { value } of page.items) if (isRunning(value)) start(poolId, value.jobId)
      after = page.after
    } while (after !== undefined)
  }

  return {
    start,
    resume: async () => {
      let after: string | undefined
      do {
        const page = await vault.region.list(registeredPools, {
          limit: 500,
          ...(after === undefined ? {} : { after }),
        })
        for (const { value } of page.items)
          if (value.role === 'PRIMARY')
            await resumePool(value.poolId).catch((error: unknown) =>
              // A pool whose key can't be used now: its imports go on at the next start.
              log.warn({ err: error, poolId: value.poolId }, 'imports could not be looked for'),
            )
        after = page.after
      } while (after !== undefined)
    },
    close: async () => {
      isClosed = true
      await Promise.allSettled(running.values())
    },
  }
}

/** The runner of the Region whose vault this is. */
export const importRunnerOf = perRegion(createImportRunner)
