// Frames of a copy as bytes: some of the pool's records in key order, or its end.
import { crc32 } from 'node:zlib'
import type { Key, StoreRecord } from '../store/store.ts'
import { PeerFailure } from './peer-port.ts'

export type CopyFrame = {
  /** Key of the last record before these; empty at the pool's beginning. A frame that does not go on from there is not the next one. */
  readonly after: Key
  readonly records: readonly StoreRecord[]
  /** The primary's position after the records were read. */
  readonly position: number
  readonly isLast: boolean
  readonly byteLength: number
}

const recordsMark = 1
const lastMark = 2
/** u32 checksum of all that follows, u8 mark, u64 position, u16 length of `after`. */
const headBytes = 15
const checkedFrom = 4

const joined = (terms: readonly string[]): string => terms.join('\n')

/**
 * Big-endian: the head, `after`, then for each record u16 key, u64 version, u32 terms joined by line feeds, u32 value. Keys and terms are ASCII.
 * Entries of the log are held against the stream's digest one by one; of what a copy brings only the whole is, so each frame has a checksum.
 */
export const encodeCopyFrame = (frame: Omit<CopyFrame, 'byteLength'>): Buffer => {
  const { after, records, position, isLast } = frame
  const terms = records.map((record) => joined(record.terms))
  let size = headBytes + after.length
  for (const [index, { key, value }] of records.entries())
    size += 18 + key.length + (terms[index]?.length ?? 0) + value.byteLength
  const bytes = Buffer.allocUnsafe(size)
  let at = bytes.writeUInt8(isLast ? lastMark : recordsMark, checkedFrom)
  at = bytes.writeBigUInt64BE(BigInt(position), at)
  at = bytes.writeUInt16BE(after.length, at)
  at += bytes.write(after, at, 'latin1')
  for (const [index, { key, version, value }] of records.entries()) {
    const text = terms[index] ?? ''
    at = bytes.writeUInt16BE(key.length, at)
    at += bytes.write(key, at, 'latin1')
    at = bytes.writeBigUInt64BE(BigInt(version), at)
    at = bytes.writeUInt32BE(text.length, at)
    at += bytes.write(text, at, 'latin1')
    at = bytes.writeUInt32BE(value.byteLength, at)
    bytes.set(value, at)
    at += value.byteLength
  }
  bytes.writeUInt32BE(crc32(bytes.subarray(checkedFrom)), 0)
  return bytes
}

const broken = (why: string): PeerFailure => new PeerFailure('FrameBroken', `a frame of the copy ${why}`)

/** Values are views of the frame. Throws PeerFailure for whatever `encodeCopyFrame` has not made. */
export const decodeCopyFrame = (frame: Uint8Array): CopyFrame => {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  const byteLength = bytes.length
  if (byteLength < headBytes) throw broken('ends too early')
  if (crc32(bytes.subarray(checkedFrom)) !== bytes.readUInt32BE(0)) throw broken('has changed on its way')
  const mark = bytes.readUInt8(checkedFrom)
  if (mark !== recordsMark && mark !== lastMark) throw broken('is of an unknown kind')
  let at = checkedFrom + 1
  const take = (length: number): number => {
    const from = at
    if (length > byteLength - from) throw broken('ends too early')
    at += length
    return from
  }
  const number = (): number => {
    const from = take(8)
    const value = bytes.readUInt32BE(from) * 2 ** 32 + bytes.readUInt32BE(from + 4)
    if (!Number.isSafeInteger(value)) throw broken('has a number that is too large')
    return value
  }
  const text = (length: number): string => {
    const from = take(length)
    return bytes.toString('latin1', from, from + length)
  }
  const position = number()
  const after = text(bytes.readUInt16BE(take(2)))
  const records: StoreRecord[] = []
  while (at < byteLength) {
    const key = text(bytes.readUInt16BE(take(2)))
    const version = number()
    const terms = text(bytes.readUInt32BE(take(4)))
    const valueLength = bytes.readUInt32BE(take(4))
    const from = take(valueLength)
    const value = bytes.subarray(from, from + valueLength)
    records.push({ key, version, terms: terms === '' ? [] : terms.split('\n'), value })
  }
  return { after, records, position, isLast: mark === lastMark, byteLength }
}
