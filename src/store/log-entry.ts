// A log entry as bytes: what the change log keeps and what the replication feed sends. Decoding trusts nothing.
import { changesPerCommitMax, checkKey, checkRecord, commitBytesMax, termsPerRecordMax } from './keys.ts'
import type { LogEntry, LoggedDelete, Put } from './store.ts'

/** The first byte of every entry. A new form gets a new number; decoders keep knowing the old ones. */
const formatVersion = 1
const digestPattern = /^[0-9a-f]{64}$/

/** Bytes that are not a log entry of a known format. */
export class LogEntryBroken extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(`not a log entry: ${message}`, options)
    this.name = 'LogEntryBroken'
  }
}

const headBytes = 1 + 8 + 8 + 8 + 32

const sizeOf = (entry: LogEntry): number => {
  let size = headBytes + 4 + 4
  for (const { key, value, terms } of entry.puts) {
    size += 2 + key.length + 8 + 4 + value.byteLength + 2
    for (const term of terms) size += 2 + term.length
  }
  for (const { key } of entry.deletes) size += 2 + key.length + 8
  return size
}

/**
 * Format 1, big-endian: u8 format, u64 position, u64 epoch, u64 committedAtMs, 32 bytes digest; u32 number of puts, each u16 key, u64 version,
 * u32 value, u16 number of terms, each u16 term; u32 number of deletes, each u16 key, u64 version. Keys and terms are ASCII.
 */
export const encodeLogEntry = (entry: LogEntry): Buffer => {
  const bytes = Buffer.allocUnsafe(sizeOf(entry))
  let at = bytes.writeUInt8(formatVersion, 0)
  const number = (value: number): void => {
    at = bytes.writeBigUInt64BE(BigInt(value), at)
  }
  const text = (value: string): void => {
    at = bytes.writeUInt16BE(value.length, at)
    at += bytes.write(value, at, 'latin1')
  }
  number(entry.position)
  number(entry.epoch)
  number(entry.committedAtMs)
  at += bytes.write(entry.digest, at, 'hex')
  at = bytes.writeUInt32BE(entry.puts.length, at)
  for (const { key, version, value, terms } of entry.puts) {
    text(key)
    number(version)
    at = bytes.writeUInt32BE(value.byteLength, at)
    bytes.set(value, at)
    at = bytes.writeUInt16BE(terms.length, at + value.byteLength)
    for (const term of terms) text(term)
  }
  at = bytes.writeUInt32BE(entry.deletes.length, at)
  for (const { key, version } of entry.deletes) {
    text(key)
    number(version)
  }
  return bytes
}

/** Reads fields one after the other; every length is held against what is left before it is believed. */
const fieldReader = (source: Uint8Array) => {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
  let at = 0
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new LogEntryBroken('it ends too early')
    at += length
    return bytes.subarray(at - length, at)
  }
  const u16 = (): number => take(2).readUInt16BE(0)
  const u32 = (): number => take(4).readUInt32BE(0)
  return {
    take,
    u8: (): number => take(1).readUInt8(0),
    u16,
    u32,
    number: (): number => {
      const value = Number(take(8).readBigUInt64BE(0))
      if (!Number.isSafeInteger(value)) throw new LogEntryBroken('a number is too large')
      return value
    },
    text: (): string => take(u16()).toString('latin1'),
    count: (count: number, max: number): number => {
      if (count > max) throw new LogEntryBroken('it holds too many parts')
      return count
    },
    end: (): void => {
      if (at !== bytes.length) throw new LogEntryBroken('there are bytes after its end')
    },
  }
}

const decodeFields = (source: Uint8Array): LogEntry => {
  const read = fieldReader(source)
  const format = read.u8()
  if (format !== formatVersion) throw new LogEntryBroken(`its format ${format} is unknown to this version`)
  const position = read.number()
  const epoch = read.number()
  const committedAtMs = read.number()
  const digest = read.take(32).toString('hex')
  const puts: Put[] = []
  for (let left = read.count(read.u32(), changesPerCommitMax); left > 0; left -= 1) {
    const key = read.text()
    const version = read.number()
    const value = new Uint8Array(read.take(read.u32()))
    const terms: string[] = []
    for (let more = read.count(read.u16(), termsPerRecordMax); more > 0; more -= 1) terms.push(read.text())
    puts.push({ key, version, value, terms })
  }
  const deletes: LoggedDelete[] = []
  for (let left = read.count(read.u32(), changesPerCommitMax); left > 0; left -= 1)
    deletes.push({ key: read.text(), version: read.number() })
  read.end()
  return { position, epoch, committedAtMs, puts, deletes, digest }
}

/** Checks what an entry says, whoever made it, and returns its size in bytes; throws RangeError. */
export const checkLogEntry = (entry: LogEntry, stream?: string): number => {
  const { position, epoch, committedAtMs, puts, deletes, digest } = entry
  if (!Number.isSafeInteger(position) || position < 1) throw new RangeError('a log position must be from 1')
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError('an epoch must be from 0')
  if (!Number.isSafeInteger(committedAtMs) || committedAtMs < 0)
    throw new RangeError('a time of commit must be whole milliseconds')
  if (!digestPattern.test(digest)) throw new RangeError('a digest must be 64 hex digits')
  if (puts.length > changesPerCommitMax || deletes.length > changesPerCommitMax)
    throw new RangeError(`a log entry holds at most ${changesPerCommitMax} changes of a kind`)
  let bytes = headBytes
  const changed = new Set<string>()
  for (const put of puts) {
    bytes += checkRecord(put)
    changed.add(put.key)
  }
  for (const { key, version } of deletes) {
    checkKey(key)
    if (!Number.isSafeInteger(version) || version < 1)
      throw new RangeError(`the version of a deleted record must be from 1: ${key}`)
    bytes += key.length + 16
    changed.add(key)
  }
  if (changed.size !== puts.length + deletes.length) throw new RangeError('a log entry changes a key twice')
  if (stream !== undefined)
    for (const key of changed)
      if (!key.startsWith(`${stream}/`))
        throw new RangeError(`a log entry of ${stream} can't change another scope's record: ${key}`)
  if (bytes > 2 * commitBytesMax) throw new RangeError('a log entry is too large')
  return bytes
}

/** Rejects with LogEntryBroken whatever `encodeLogEntry` could not have made of a valid commit. */
export const decodeLogEntry = (source: Uint8Array): LogEntry => {
  const entry = decodeFields(source)
  try {
    checkLogEntry(entry)
  } catch (error) {
    throw new LogEntryBroken(error instanceof Error ? error.message : String(error), { cause: error })
  }
  return entry
}
