// The rules of commits, epochs, copies and followed logs, applied to the state of a group.
import { addToDigest, digestToHex, takeFromDigest } from '../digest.ts'
import type { Job, JobResult } from '../job.ts'
import { isStream, scopeOf } from '../keys.ts'
import type { Addition, Commit, Key, LogEntry, StoreRecord, StreamHead } from '../store.ts'
import { Conflict, Divergence } from '../store.ts'
import type { GroupState, StreamState } from './group-state.ts'

/** A drop is not one change but many small ones: the writer does it. */
export type GroupJob = Exclude<Job, { kind: 'drop' }>

export const headOf = ({ position, epoch, digest, copy }: StreamState): StreamHead => {
  const head = { position, epoch, digest: digestToHex(digest) }
  return copy === undefined ? head : { ...head, copy }
}

/** Every record that a job reads or changes. */
export const keysOfJob = (job: Job): readonly Key[] => {
  switch (job.kind) {
    case 'commit': {
      const { check = [], put = [], delete: deleted = [] } = job.commit
      return [...[...check, ...put].map(({ key }) => key), ...deleted]
    }
    case 'copyPage':
      return job.records.map(({ key }) => key)
    case 'applyLog':
      return job.entries.flatMap(({ puts, deletes }) => [...puts, ...deletes].map(({ key }) => key))
    default:
      return []
  }
}

/** Every scope that a job reads or changes: what it has to lock. */
export const scopesOfJob = (job: Job): readonly string[] => {
  if (job.kind === 'drop') return [job.scope]
  if (job.kind !== 'commit') return [job.stream]
  const keys = [...keysOfJob(job), ...(job.commit.add ?? []).map(({ key }) => key)]
  return [...new Set([...keys.map(scopeOf), ...(job.commit.stream === undefined ? [] : [job.commit.stream])])]
}

/** Puts the record and keeps the stream's digest in step. */
const putInto = (state: GroupState, scope: string, record: StoreRecord): void => {
  const before = state.present(record.key)?.hash
  const hash = state.put(record)
  if (hash === undefined) return
  const { digest } = state.stream(scope)
  state.changeStream(scope, {
    digest: addToDigest(before === undefined ? digest : takeFromDigest(digest, before), hash),
  })
}

const removeFrom = (state: GroupState, scope: string, key: Key): void => {
  const hash = state.present(key)?.hash
  state.remove(key)
  if (hash !== undefined)
    state.changeStream(scope, { digest: takeFromDigest(state.stream(scope).digest, hash) })
}

/** The counters as they will be, each key once. */
const added = (state: GroupState, additions: readonly Addition[]): ReadonlyMap<Key, number> => {
  const sums = new Map<Key, number>()
  for (const { key, amount } of additions) {
    const sum = (sums.get(key) ?? state.counter(key)) + amount
    if (!Number.isSafeInteger(sum)) throw new RangeError(`the counter ${key} would overflow`)
    sums.set(key, sum)
  }
  return sums
}

/** Appends an entry of this store's own; returns its position. */
const appendOwn = (
  state: GroupState,
  stream: string,
  entry: Pick<LogEntry, 'committedAtMs' | 'puts' | 'deletes'>,
): number => {
  const { position, epoch, digest } = state.stream(stream)
  state.append(stream, { ...entry, position: position + 1, epoch, digest: digestToHex(digest) })
  return position + 1
}

const runCommit = (state: GroupState, commit: Commit, nowMs: number): JobResult => {
  const { check = [], put = [], delete: deleted = [], add = [], stream } = commit
  for (const { key, version } of check)
    if ((state.present(key)?.version ?? 0) !== version) throw new Conflict(key)
  if (stream !== undefined && put.length + deleted.length > 0 && state.stream(stream).copy !== undefined)
    throw new RangeError(`${stream} is being copied from another store: only its log may change it`)
  for (const { key, version } of put) {
    const current = state.present(key)
    if (current !== undefined && version <= current.version)
      throw new RangeError(`the version of ${key} must grow: it has ${current.version}, the put ${version}`)
  }
  const counters = added(state, add)
  const deletes = deleted.flatMap((key) => {
    const current = state.present(key)
    return current === undefined ? [] : [{ key, version: current.version }]
  })
  for (const record of put) putInto(state, scopeOf(record.key), record)
  for (const { key } of deletes) removeFrom(state, scopeOf(key), key)
  for (const [key, sum] of counters) state.setCounter(key, sum)

  const isLogged = ({ key }: { readonly key: Key }): boolean => isStream(scopeOf(key))
  const logged = { committedAtMs: nowMs, puts: put.filter(isLogged), deletes: deletes.filter(isLogged) }
  if (stream === undefined || logged.puts.length + logged.deletes.length === 0) return {}
  return { position: appendOwn(state, stream, logged) }
}

const raiseEpoch = (state: GroupState, stream: string, epoch: number, nowMs: number): JobResult => {
  const current = state.stream(stream)
  if (current.copy !== undefined)
    throw new RangeError(`${stream} is being copied: it can't begin an epoch of its own`)
  if (epoch <= current.epoch)
    throw new RangeError(`the epoch of ${stream} is ${current.epoch} already: ${epoch}`)
  state.changeStream(stream, { epoch })
  const position = appendOwn(state, stream, { committedAtMs: nowMs, puts: [], deletes: [] })
  return { position, head: headOf(state.stream(stream)) }
}

const compare = (state: GroupState, stream: string, position: number, wanted: string): void => {
  const digest = digestToHex(state.stream(stream).digest)
  if (digest !== wanted)
    throw new Divergence(
      `${stream} differs from its source at position ${position}: digest ${digest}, the source has ${wanted}`,
    )
}

/** Ends the copy once every page is stored and the log applied up to where the last one was read. */
const endCopyIfReached = (state: GroupState, stream: string): void => {
  const { copy, position, entryDigest } = state.stream(stream)
  if (copy?.until === undefined || position < copy.until) return
  // Without an entry applied since the copy began there is no digest to compare: the next entry brings one.
  if (position > copy.from && entryDigest !== undefined) compare(state, stream, position, entryDigest)
  state.changeStream(stream, { copy: undefined })
}

const applyOne = (state: GroupState, stream: string, entry: LogEntry): void => {
  const { position, epoch, copy } = state.stream(stream)
  if (entry.position !== position + 1)
    throw new Divergence(`${stream} is at position ${position}, the entry at ${entry.position}`)
  if (entry.epoch < epoch)
    throw new Divergence(`${stream} is in epoch ${epoch}, the entry of epoch ${entry.epoch} is older`)
  const isGuarded = copy !== undefined
  for (const record of entry.puts) {
    const current = state.present(record.key)
    if (!isGuarded || current === undefined || current.version < record.version)
      putInto(state, stream, record)
  }
  for (const { key, version } of entry.deletes) {
    const current = state.present(key)
    if (current !== undefined && (!isGuarded || current.version <= version)) removeFrom(state, stream, key)
  }
  state.changeStream(stream, { epoch: entry.epoch })
  state.append(stream, entry)
  if (isGuarded) endCopyIfReached(state, stream)
  else compare(state, stream, entry.position, entry.digest)
}

const copyPage = (
  state: GroupState,
  { stream, records, progress }: Extract<Job, { kind: 'copyPage' }>,
): void => {
  const { copy } = state.stream(stream)
  if (copy === undefined) throw new RangeError(`no copy of ${stream} is under way`)
  for (const record of records) {
    const current = state.present(record.key)
    if (current === undefined || current.version < record.version) putInto(state, stream, record)
  }
  const after = progress.after ?? copy.after
  const until = progress.until ?? copy.until
  state.changeStream(stream, {
    copy: {
      from: copy.from,
      ...(after === undefined ? {} : { after }),
      ...(until === undefined ? {} : { until }),
    },
  })
  endCopyIfReached(state, stream)
}

/** Throws Conflict, Divergence or RangeError when the job is refused; the caller takes back what it did. */
export const runJob = (state: GroupState, job: GroupJob): JobResult => {
  switch (job.kind) {
    case 'commit':
      return runCommit(state, job.commit, job.nowMs)
    case 'raiseEpoch':
      return raiseEpoch(state, job.stream, job.epoch, job.nowMs)
    case 'trimLog': {
      const { position, trimmed } = state.stream(job.stream)
      state.changeStream(job.stream, { trimmed: Math.max(trimmed, Math.min(job.upTo, position)) })
      return {}
    }
    case 'copyPage':
      copyPage(state, job)
      return {}
    case 'applyLog':
      for (const entry of job.entries)
        if (entry.position > state.stream(job.stream).position) applyOne(state, job.stream, entry)
      return { head: headOf(state.stream(job.stream)) }
  }
}
