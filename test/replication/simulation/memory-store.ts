// A store in memory for simulations: no thread, no disk, no time of its own, so that a seed replays a run.
import {
  addToDigest,
  digestFromHex,
  digestToHex,
  emptyDigest,
  recordHash,
  takeFromDigest,
} from '../../../src/store/digest.ts'
import {
  Conflict,
  type CopyState,
  Divergence,
  type LogEntry,
  type LoggedDelete,
  type Put,
  type RangeOptions,
  type Store,
  type StoreRecord,
  type StreamHead,
} from '../../../src/store/store.ts'
import type { Clock } from '../../../src/telemetry/clock.ts'

type Stream = {
  position: number
  epoch: number
  digest: bigint
  trimmed: number
  copy: CopyState | undefined
  log: LogEntry[]
}

export type MemoryStore = Store & {
  /** Everything goes. */
  erase(): void
  /** The stream's head and log go; its records stay, as in the first moment of a drop. */
  removeStream(name: string): void
  /** Plants a bug: the position of the last entry is lost, what it changed is not. */
  forgetLast(name: string): void
}

/** `comparesDigests` false plants a bug: entries are applied whatever the stream's digest then is. */
export const createMemoryStore = (clock: Clock, { comparesDigests = true } = {}): MemoryStore => {
  const records = new Map<string, StoreRecord>()
  const counters = new Map<string, number>()
  const streams = new Map<string, Stream>()
  const watchers = new Map<string, Set<() => void>>()

  const streamOf = (name: string): Stream => {
    const known = streams.get(name)
    if (known !== undefined) return known
    const made: Stream = {
      position: 0,
      epoch: 0,
      digest: digestFromHex(emptyDigest),
      trimmed: 0,
      copy: undefined,
      log: [],
    }
    streams.set(name, made)
    return made
  }
  const headOf = ({ position, epoch, digest, copy }: Stream): StreamHead => ({
    position,
    epoch,
    digest: digestToHex(digest),
    ...(copy === undefined ? {} : { copy }),
  })
  const announce = (name: string): void => {
    for (const listener of watchers.get(name) ?? []) listener()
  }
  const put = (stream: Stream | undefined, record: StoreRecord): void => {
    const current = records.get(record.key)
    if (stream !== undefined && current !== undefined)
      stream.digest = takeFromDigest(stream.digest, recordHash(current))
    if (stream !== undefined) stream.digest = addToDigest(stream.digest, recordHash(record))
    records.set(record.key, record)
  }
  const remove = (stream: Stream | undefined, key: string): void => {
    const current = records.get(key)
    if (current === undefined) return
    if (stream !== undefined) stream.digest = takeFromDigest(stream.digest, recordHash(current))
    records.delete(key)
  }
  const selected = (isWanted: (record: StoreRecord) => boolean, options: RangeOptions): StoreRecord[] => {
    const { after, limit, reverse = false } = options
    const wanted = [...records.values()].filter(
      (record) =>
        isWanted(record) && (after === undefined || (reverse ? record.key < after : record.key > after)),
    )
    wanted.sort((one, other) => (one.key < other.key ? -1 : 1) * (reverse ? -1 : 1))
    return wanted.slice(0, limit)
  }
  const drop = (scope: string): void => {
    for (const key of records.keys()) if (key.startsWith(`${scope}/`)) records.delete(key)
    for (const key of counters.keys()) if (key.startsWith(`${scope}/`)) counters.delete(key)
    streams.delete(scope)
  }
  const compare = (name: string, stream: Stream, entry: LogEntry): void => {
    if (!comparesDigests) stream.digest = digestFromHex(entry.digest)
    if (digestToHex(stream.digest) !== entry.digest)
      throw new Divergence(`${name} differs from its source at position ${entry.position}`)
  }
  const endCopyIfReached = (name: string, stream: Stream, applied: LogEntry | undefined): void => {
    if (stream.copy?.until === undefined || stream.position < stream.copy.until) return
    if (applied !== undefined) compare(name, stream, applied)
    stream.copy = undefined
  }
  /** Puts everything back when `change`, which changes these records only, throws: as a transaction does. */
  const atomically = (name: string, keys: readonly string[], change: (stream: Stream) => void): void => {
    const known = streams.get(name)
    const before = known === undefined ? undefined : { ...known, log: [...known.log] }
    const touched = keys.map((key) => [key, records.get(key)] as const)
    try {
      change(streamOf(name))
    } catch (error) {
      for (const [key, record] of touched) {
        if (record === undefined) records.delete(key)
        else records.set(key, record)
      }
      if (before === undefined) streams.delete(name)
      else streams.set(name, before)
      throw error
    }
  }
  const applyOne = (name: string, entry: LogEntry): void =>
    atomically(
      name,
      [...entry.puts, ...entry.deletes].map(({ key }) => key),
      (stream) => {
        if (entry.position !== stream.position + 1)
          throw new Divergence(`${name} is at position ${stream.position}, the entry at ${entry.position}`)
        if (entry.epoch < stream.epoch) throw new Divergence(`${name} got an entry of an older epoch`)
        const isGuarded = stream.copy !== undefined
        for (const record of entry.puts) {
          const current = records.get(record.key)
          if (!isGuarded || current === undefined || current.version < record.version) put(stream, record)
        }
        for (const { key, version } of entry.deletes) {
          const current = records.get(key)
          if (current !== undefined && (!isGuarded || current.version <= version)) remove(stream, key)
        }
        stream.epoch = entry.epoch
        stream.position = entry.position
        stream.log.push(entry)
        if (isGuarded) endCopyIfReached(name, stream, entry)
        else compare(name, stream, entry)
      },
    )
  const append = (name: string, puts: readonly Put[], deletes: readonly LoggedDelete[]): number => {
    const stream = streamOf(name)
    stream.position += 1
    const { position, epoch } = stream
    const digest = digestToHex(stream.digest)
    stream.log.push({ position, epoch, committedAtMs: clock.now(), puts, deletes, digest })
    return position
  }

  return {
    get: async (key) => records.get(key),
    getMany: async (keys) => keys.map((key) => records.get(key)),
    range: async (prefix, options) => selected(({ key }) => key.startsWith(prefix), options),
    find: async (term, prefix, options) =>
      selected(({ key, terms }) => key.startsWith(prefix) && terms.includes(term), options),
    findBeginning: async (beginning, place, { after, limit }) =>
      [...records.values()]
        .filter(({ key }) => key.startsWith(`${place}/`))
        .flatMap((record) => [...new Set(record.terms)].map((term) => ({ term, record })))
        .filter(({ term }) => term.startsWith(beginning))
        .sort((a, b) => (`${a.term}\n${a.record.key}` < `${b.term}\n${b.record.key}` ? -1 : 1))
        .filter(
          ({ term, record }) =>
            after === undefined || term > after.term || (term === after.term && record.key > after.key),
        )
        .slice(0, limit),
    count: async (place) => [...records.keys()].filter((key) => key.startsWith(`${place}/`)).length,
    counter: async (key) => counters.get(key) ?? 0,
    commit: async ({ check = [], put: puts = [], delete: deleted = [], add = [], stream: name }) => {
      for (const { key, version } of check)
        if ((records.get(key)?.version ?? 0) !== version) throw new Conflict(key)
      const logged = (key: string): boolean => name !== undefined && key.startsWith(`${name}/`)
      const stream = name === undefined ? undefined : streamOf(name)
      const deletes = deleted.flatMap((key) => {
        const current = records.get(key)
        return current === undefined || !logged(key) ? [] : [{ key, version: current.version }]
      })
      for (const record of puts) put(logged(record.key) ? stream : undefined, record)
      for (const key of deleted) remove(logged(key) ? stream : undefined, key)
      for (const { key, amount } of add) counters.set(key, (counters.get(key) ?? 0) + amount)
      if (name === undefined) return {}
      const position = append(
        name,
        puts.filter(({ key }) => logged(key)),
        deletes,
      )
      announce(name)
      return { position }
    },
    head: async (name) => {
      const stream = streams.get(name)
      return stream === undefined ? { position: 0, epoch: 0, digest: emptyDigest } : headOf(stream)
    },
    readLog: async (name, after, limit) => {
      const stream = streams.get(name)
      if (stream === undefined) return []
      if (after < stream.trimmed) throw new RangeError(`the log of ${name} was trimmed to ${stream.trimmed}`)
      return stream.log.filter(({ position }) => position > after).slice(0, limit)
    },
    watch: (name, listener) => {
      const listeners = watchers.get(name) ?? new Set()
      watchers.set(name, listeners)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    trimLog: async (name, upTo) => {
      const stream = streamOf(name)
      stream.trimmed = Math.max(stream.trimmed, Math.min(upTo, stream.position))
      stream.log = stream.log.filter(({ position }) => position > stream.trimmed)
    },
    raiseEpoch: async (name, epoch) => {
      const stream = streamOf(name)
      if (epoch <= stream.epoch) throw new RangeError('the epoch must grow')
      stream.epoch = epoch
      append(name, [], [])
      announce(name)
      return headOf(stream)
    },
    beginCopy: async (name, from, epoch) => {
      drop(name)
      Object.assign(streamOf(name), { position: from, epoch, trimmed: from, copy: { from } })
    },
    copyPage: async (name, page, progress) =>
      atomically(
        name,
        page.map(({ key }) => key),
        (stream) => {
          if (stream.copy === undefined) throw new RangeError(`no copy of ${name} is under way`)
          for (const record of page) {
            const current = records.get(record.key)
            if (current === undefined || current.version < record.version) put(stream, record)
          }
          stream.copy = { ...stream.copy, ...progress }
          endCopyIfReached(name, stream, stream.log.at(-1))
        },
      ),
    applyLog: async (name, entries) => {
      for (const entry of entries) if (entry.position > streamOf(name).position) applyOne(name, entry)
      announce(name)
      return headOf(streamOf(name))
    },
    dropScope: async (scope) => drop(scope),
    forgetLast: (name) => {
      const stream = streams.get(name)
      if (stream?.log.pop() !== undefined) stream.position -= 1
    },
    erase: () => {
      for (const all of [records, counters, streams]) all.clear()
    },
    removeStream: (name) => streams.delete(name),
    close: async () => {},
  }
}
