// Reads a request's body within a limit of bytes.
import type { IncomingMessage } from 'node:http'
import { Fault } from './fault.ts'

/**
 * Rejects with a Fault (413) as soon as more than `bytesMax` bytes are announced or have come. Listens to the request's own events: walking
 * it as an async iterator costs as much as the parsing of its head.
 */
export const readBody = (request: IncomingMessage, bytesMax: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const refuse = (): void => {
      request.removeAllListeners('data').pause()
      reject(
        new Fault('RequestEntityTooLargeException', `The request is larger than ${bytesMax} bytes.`, {
          status: 413,
        }),
      )
    }
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
      refuse()
      return
    }
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > bytesMax) refuse()
      else chunks.push(chunk)
    })
    request.on('end', () => {
      const [first = Buffer.alloc(0)] = chunks
      resolve(chunks.length <= 1 ? first : Buffer.concat(chunks, length))
    })
    request.on('error', reject)
    request.on('close', () => {
      if (!request.complete) reject(new Error('the request ended before its body'))
    })
  })
