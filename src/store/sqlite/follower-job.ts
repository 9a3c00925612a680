// The follower's changes inside the writer's transaction: pages of a copy, and log entries of another store.
import { addToDigest, digestToHex, takeFromDigest } from '../digest.ts'
import type { Job } from '../job.ts'
import type { CopyState, LogEntry, StoreRecord, StreamHead } from '../store.ts'
import { Divergence } from '../store.ts'
import { unfiledIn } from './filing.ts'
import type { RecordTable } from './record-table.ts'
import type { StreamTable } from './stream-table.ts'
import { headOf } from './stream-table.ts'

/** Terms are filed when this many wait: some 30 MiB while they are sorted. */
const unfiledTermsMax = 250_000

type Page = Pick<Extract<Job, { kind: 'copyPage' }>, 'stream' | 'records' | 'progress'>

export type FollowerJobs = ReturnType<typeof createFollowerJobs>

/** Whatever these throw may come after something was written: the caller rolls back to where it was. */
export const createFollowerJobs = (records: RecordTable, streams: StreamTable) => {
  const put = (stream: string, record: StoreRecord, isGuarded: boolean): void => {
    const current = records.present(record.key)
    if (isGuarded && current !== undefined && current.version >= record.version) return
    const state = streams.change(stream)
    if (current?.hash !== undefined) state.digest = takeFromDigest(state.digest, current.hash)
    const hash = records.put(record, current)
    if (hash !== undefined) state.digest = addToDigest(state.digest, hash)
  }

  const remove = (stream: string, key: string, version: number, isGuarded: boolean): void => {
    const current = records.present(key)
    if (current === undefined || (isGuarded && current.version > version)) return
    const state = streams.change(stream)
    if (current.hash !== undefined) state.digest = takeFromDigest(state.digest, current.hash)
    records.remove(key, current)
  }

  const compare = (stream: string, entry: LogEntry): void => {
    const digest = digestToHex(streams.read(stream).digest)
    if (digest !== entry.digest)
      throw new Divergence(
        `${stream} differs from its source at position ${entry.position}: digest ${digest}, the source has ${entry.digest}`,
      )
  }

  /** Ends the copy once every page is stored and the log applied up to where the last one was read. */
  const endCopyIfReached = (stream: string, applied: LogEntry | undefined): void => {
    const { copy, position } = streams.read(stream)
    if (copy?.until === undefined || position < copy.until) return
    // Without an entry applied since the copy began there is no digest to compare: the next entry brings one.
    if (applied !== undefined) compare(stream, applied)
    streams.change(stream).copy = undefined
  }

  const applyOne = (stream: string, entry: LogEntry): void => {
    const state = streams.change(stream)
    if (entry.position !== state.position + 1)
      throw new Divergence(`${stream} is at position ${state.position}, the entry at ${entry.position}`)
    if (entry.epoch < state.epoch)
      throw new Divergence(`${stream} is in epoch ${state.epoch}, the entry of epoch ${entry.epoch} is older`)
    const isGuarded = state.copy !== undefined
    for (const record of entry.puts) put(stream, record, isGuarded)
    for (const { key, version } of entry.deletes) remove(stream, key, version, isGuarded)
    state.epoch = entry.epoch
    streams.appendForeign(stream, entry)
    if (isGuarded) endCopyIfReached(stream, entry)
    else compare(stream, entry)
  }

  /** Whether the page is the next one of a copy that goes through the keys in order, with nothing stored yet where its records belong. */
  const isNext = ({ stream, records: page, progress: { after } }: Page): boolean => {
    const reached = streams.read(stream).copy?.after ?? `${stream}/`
    if (after === undefined) return false
    let last = reached
    for (const { key } of page) {
      if (key <= last) return false
      last = key
    }
    return last <= after && records.isEmptyBetween(reached, after)
  }

  /** Many pages are stored for each time that their terms are filed; the last one is stored with its terms. */
  const storeUnfiled = ({ stream, records: page, progress: { after } }: Page): void => {
    const state = streams.change(stream)
    const { copy } = state
    if (copy === undefined) return
    for (const hash of records.insertUnfiled(page)) state.digest = addToDigest(state.digest, hash)
    const terms = page.reduce((sum, record) => sum + record.terms.length, 0)
    state.copy = {
      ...copy,
      after,
      filed: copy.filed ?? copy.after ?? `${stream}/`,
      unfiledTerms: (copy.unfiledTerms ?? 0) + terms,
    }
  }

  return {
    /**
     * Whether the job needs the index to be whole, or enough is waiting to be filed: to be asked right before it is run. Log entries don't: what is
     * filed are the terms that a record has by then.
     */
    mustFileFirst: (job: Job): boolean => {
      if (job.kind !== 'copyPage') return false
      const { copy } = streams.read(job.stream)
      if (unfiledIn(copy) === undefined) return false
      return job.progress.until !== undefined || (copy?.unfiledTerms ?? 0) >= unfiledTermsMax || !isNext(job)
    },
    copyPage: (
      stream: string,
      page: readonly StoreRecord[],
      progress: Pick<CopyState, 'after' | 'until'>,
    ): void => {
      const { copy } = streams.read(stream)
      if (copy === undefined) throw new RangeError(`no copy of ${stream} is under way`)
      const whole = { stream, records: page, progress }
      if (progress.until === undefined && isNext(whole)) {
        storeUnfiled(whole)
        return
      }
      for (const record of page) put(stream, record, true)
      const state = streams.change(stream)
      state.copy = { ...copy, after: progress.after ?? copy.after, until: progress.until ?? copy.until }
      const applied = state.position > copy.from ? streams.entryAt(stream, state.position) : undefined
      endCopyIfReached(stream, applied)
    },
    applyLog: (stream: string, entries: readonly LogEntry[]): StreamHead => {
      for (const entry of entries) if (entry.position > streams.read(stream).position) applyOne(stream, entry)
      return headOf(streams.read(stream))
    },
  }
}
