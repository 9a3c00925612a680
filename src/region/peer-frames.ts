// Frames of a stream between Regions on the wire: a 4-byte big-endian length, then that many bytes.

import { PeerFailure } from '../replication/peer-port.ts'
import { envelopeOverhead } from '../vault/envelope.ts'

/** What a frame of the port holds, its kind, and what sealing adds. */
const frameBytesMax = 16 * 1024 * 1024 + 1 + envelopeOverhead

export const encodeFrame = (frame: Uint8Array): Buffer => {
  if (frame.length > frameBytesMax) throw new RangeError(`a frame has at most ${frameBytesMax} bytes`)
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32BE(frame.length)
  return Buffer.concat([prefix, frame])
}

/** Reads frames until the source ends. Throws PeerFailure for a frame that is too large, and for an end within one. */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let length = 0
  const take = (count: number): Buffer => {
    const all = Buffer.concat(waiting)
    waiting = [all.subarray(count)]
    length -= count
    return all.subarray(0, count)
  }
  let needed: number | undefined
  for await (const chunk of source) {
    waiting.push(chunk)
    length += chunk.length
    for (;;) {
      if (needed === undefined) {
        if (length < 4) break
        needed = take(4).readUInt32BE(0)
        if (needed > frameBytesMax)
          throw new PeerFailure('FrameTooLarge', `a peer sent a frame of ${needed} bytes`)
      }
      if (length < needed) break
      const frame = take(needed)
      needed = undefined
      yield frame
    }
  }
  if (needed !== undefined || length > 0) throw new PeerFailure('Unreachable', 'the stream broke off')
}
