// Frames of the feed as bytes: a batch of log entries, or a heartbeat that says where the primary stands.

import { decodeLogEntry, encodeLogEntry } from '../store/log-entry.ts'
import type { LogEntry } from '../store/store.ts'
import { PeerFailure } from './peer-port.ts'

export type Heartbeat = {
  readonly position: number
  readonly epoch: number
  readonly digest: string
  /** By the primary's clock, read before the head was. */
  readonly atMs: number
}

export type FeedFrame =
  | { readonly kind: 'entries'; readonly entries: readonly LogEntry[]; readonly byteLength: number }
  | { readonly kind: 'heartbeat'; readonly heartbeat: Heartbeat; readonly byteLength: number }

/** A frame of entries is closed when it has this much; one entry alone may be larger (a commit has at most 8 MiB). */
const frameBytesAim = 1024 * 1024
const entriesMark = 1
const heartbeatMark = 2

/** u8 mark, then for each entry u32 length and its bytes. */
export function* encodeEntries(entries: readonly LogEntry[]): Generator<Buffer> {
  let parts: Buffer[] = [Buffer.from([entriesMark])]
  let byteLength = 1
  for (const entry of entries) {
    const bytes = encodeLogEntry(entry)
    if (parts.length > 1 && byteLength + bytes.length > frameBytesAim) {
      yield Buffer.concat(parts)
      parts = [Buffer.from([entriesMark])]
      byteLength = 1
    }
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    parts.push(length, bytes)
    byteLength += 4 + bytes.length
  }
  if (parts.length > 1) yield Buffer.concat(parts)
}

/** u8 mark, u64 position, u64 epoch, u64 atMs, 32 bytes digest. */
export const encodeHeartbeat = (heartbeat: Heartbeat): Buffer => {
  const bytes = Buffer.alloc(57)
  bytes.writeUInt8(heartbeatMark, 0)
  bytes.writeBigUInt64BE(BigInt(heartbeat.position), 1)
  bytes.writeBigUInt64BE(BigInt(heartbeat.epoch), 9)
  bytes.writeBigUInt64BE(BigInt(heartbeat.atMs), 17)
  bytes.write(heartbeat.digest, 25, 'hex')
  return bytes
}

const malformed = (): PeerFailure => new PeerFailure('FrameBroken', 'the feed sent a frame that is none')

/** undefined for an empty frame, which the transport may send to keep the connection. Throws PeerFailure or LogEntryBroken. */
export const decodeFrame = (frame: Uint8Array): FeedFrame | undefined => {
  if (frame.length === 0) return undefined
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  const byteLength = bytes.length
  const mark = bytes.readUInt8(0)
  if (mark === heartbeatMark) {
    if (byteLength !== 57) throw malformed()
    const heartbeat = {
      position: Number(bytes.readBigUInt64BE(1)),
      epoch: Number(bytes.readBigUInt64BE(9)),
      atMs: Number(bytes.readBigUInt64BE(17)),
      digest: bytes.subarray(25, 57).toString('hex'),
    }
    return { kind: 'heartbeat', heartbeat, byteLength }
  }
  if (mark !== entriesMark) throw malformed()
  const entries: LogEntry[] = []
  for (let at = 1; at < byteLength; ) {
    if (byteLength - at < 4) throw malformed()
    const length = bytes.readUInt32BE(at)
    at += 4
    if (length > byteLength - at) throw malformed()
    entries.push(decodeLogEntry(bytes.subarray(at, at + length)))
    at += length
  }
  return { kind: 'entries', entries, byteLength }
}
