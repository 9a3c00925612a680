// A request's body within a limit.
import type { IncomingMessage } from 'node:http'

export class BodyTooLarge extends Error {}

/** The body as it comes. Throws BodyTooLarge at the first byte over the limit. */
export async function* limited(request: IncomingMessage, bytesMax: number): AsyncGenerator<Buffer> {
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bytesMax) throw new BodyTooLarge()
    yield chunk
  }
}

/** The whole body. Rejects with BodyTooLarge. */
export const readBody = async (request: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of limited(request, bytesMax)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
