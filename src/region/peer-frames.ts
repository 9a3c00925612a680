// Frames of a stream between Regions: a 4-byte big-endian length, then that many bytes; a length of all ones ends the stream with an error in JSON.
import { PeerFailure } from '../replication/peer-port.ts'

const frameBytesMax = 16 * 1024 * 1024
const failureMark = 0xffffffff
/** Distinguishes an orderly end from a connection that broke. */
const endMark = 0xfffffffe

const prefixed = (mark: number, payload: Uint8Array): Buffer => {
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32BE(mark)
  return Buffer.concat([prefix, payload])
}

export const encodeFrame = (frame: Uint8Array): Buffer => {
  if (frame.length > frameBytesMax) throw new RangeError(`a frame has at most ${frameBytesMax} bytes`)
  return prefixed(frame.length, frame)
}

export const encodeEnd = (): Buffer => prefixed(endMark, new Uint8Array())

export const encodeFailure = (code: string, message: string): Buffer => {
  const payload = Buffer.from(JSON.stringify({ code, message }))
  return prefixed(failureMark, encodeFrame(payload))
}

/** Reads frames until the end mark. Throws PeerFailure for a failure mark, a frame that is too large, or an end without the mark. */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let length = 0
  let isFailing = false
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
        const mark = take(4).readUInt32BE(0)
        if (mark === endMark) return
        if (mark === failureMark) {
          isFailing = true
          continue
        }
        if (mark > frameBytesMax)
          throw new PeerFailure('FrameTooLarge', `a peer sent a frame of ${mark} bytes`)
        needed = mark
      }
      if (length < needed) break
      const frame = take(needed)
      needed = undefined
      if (isFailing) {
        const { code, message } = JSON.parse(frame.toString('utf8')) as { code: string; message: string }
        throw new PeerFailure(code, message)
      }
      yield frame
    }
  }
  throw new PeerFailure('Unreachable', 'the stream broke off')
}
