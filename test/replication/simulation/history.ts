// What primaries ever wrote, kept beside the stores: every position with its predecessor and all records that belong to it.
import type { LogEntry, StoreRecord, StreamHead } from '../../../src/store/store.ts'

/** One position of a pool's history. Takeovers make branches: the same position can be there twice, with different digests or epochs. */
export type Moment = {
  readonly position: number
  readonly entry: LogEntry | undefined
  readonly before: Moment | undefined
  /** The Region that wrote it. */
  readonly author: string
  readonly records: ReadonlyMap<string, StoreRecord>
}

export type History = {
  /** Returns the new moment, or what is wrong with it. */
  write(author: string, before: StreamHead, entry: LogEntry): Moment | string
  /** Where a store with this head stands, if a primary ever stood there. */
  momentAt(head: StreamHead): Moment | undefined
  momentOf(entry: LogEntry): Moment | undefined
}

const nameOf = ({ position, digest, epoch }: Pick<StreamHead, 'position' | 'digest' | 'epoch'>): string =>
  `${position} ${epoch} ${digest}`

export const isSameRecord = (one: StoreRecord | undefined, other: StoreRecord | undefined): boolean =>
  one === other ||
  (one !== undefined &&
    other !== undefined &&
    one.version === other.version &&
    Buffer.from(one.value).equals(Buffer.from(other.value)) &&
    one.terms.join('\n') === other.terms.join('\n'))

/** Whether it is the same commit, record by record. */
export const isSameEntry = (one: LogEntry, other: LogEntry): boolean =>
  one === other ||
  (one.position === other.position &&
    one.epoch === other.epoch &&
    one.digest === other.digest &&
    (one.puts.length + one.deletes.length === 0 || one.committedAtMs === other.committedAtMs) &&
    one.puts.length === other.puts.length &&
    one.puts.every(
      (put, index) => put.key === other.puts[index]?.key && isSameRecord(put, other.puts[index]),
    ) &&
    one.deletes.length === other.deletes.length &&
    one.deletes.every(({ key, version }, index) => {
      const removed = other.deletes[index]
      return removed?.key === key && removed.version === version
    }))

export const isAncestor = (one: Moment, of: Moment | undefined): boolean => {
  let at = of
  while (at !== undefined && at.position > one.position) at = at.before
  return at === one
}

export const createHistory = (): History => {
  const moments = new Map<string, Moment>()
  return {
    write: (author, before, entry) => {
      const former = moments.get(nameOf(before))
      if (former === undefined && before.position > 0)
        return `${author} wrote on from position ${before.position}, at which no primary ever stood`
      if (entry.position !== before.position + 1)
        return `${author} wrote position ${entry.position} after ${before.position}`
      // Two Regions that take over at once can write the same empty entry: nothing tells the two moments apart.
      const known = moments.get(nameOf(entry))
      if (known !== undefined && known.before === former && entry.puts.length + entry.deletes.length === 0)
        return known
      const records = new Map(former?.records)
      for (const put of entry.puts) records.set(put.key, put)
      for (const { key } of entry.deletes) records.delete(key)
      const moment: Moment = { position: entry.position, entry, before: former, author, records }
      moments.set(nameOf(entry), moment)
      return moment
    },
    momentAt: (head) => moments.get(nameOf(head)),
    momentOf: (entry) => moments.get(nameOf(entry)),
  }
}
