// Reads a request's body within a limit of bytes.
import type { IncomingMessage } from 'node:http'
import { Fault } from './fault.ts'

/** Rejects with a Fault (413) as soon as more than `bytesMax` bytes are announced or have come. */
export const readBody = async (request: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  const tooLarge = (): Fault =>
    new Fault('RequestEntityTooLargeException', `The request is larger than ${bytesMax} bytes.`, {
      status: 413,
    })
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge()
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bytesMax) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}
