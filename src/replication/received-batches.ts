// What the primary streams, in batches: everything that has come since the last one was taken, through a bounded inbox.
import { createInbox } from './inbox.ts'
import { PeerFailure, type PeerTransport } from './peer-port.ts'

export type ReceivedStream<Frame> = {
  readonly transport: PeerTransport
  readonly primaryRegion: string
  readonly name: 'copy' | 'feed'
  readonly request: unknown
  /** Undefined for a frame that only says that the stream is alive. */
  decode(bytes: Uint8Array): Frame | undefined
  /** So much of what has come may wait; the stream pauses meanwhile. */
  readonly bytesMax: number
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
  /** Goes on beside the stream until its signal aborts; when it rejects, the stream fails with what it rejected with. */
  beside?(signal: AbortSignal): Promise<void>
}

/**
 * Ends when `signal` aborts. Throws PeerFailure when the stream breaks, is garbled or ends by itself, after all that came before. Whatever began
 * with it has ended when the generator is done.
 */
export async function* receivedBatches<Frame extends { readonly byteLength: number }>(
  options: ReceivedStream<Frame>,
): AsyncGenerator<readonly Frame[]> {
  const { transport, primaryRegion, signal } = options
  const ending = new AbortController()
  const end = (): void => ending.abort()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  const inbox = createInbox<Frame>(options.bytesMax)
  const receive = async (): Promise<void> => {
    const stream = transport.stream(primaryRegion, options.name, options.request, {
      signal: ending.signal,
      idleTimeoutMs: options.idleTimeoutMs,
    })
    for await (const bytes of stream) {
      const frame = options.decode(bytes)
      if (frame !== undefined) await inbox.put(frame)
    }
    throw new PeerFailure('StreamEnded', `Region ${primaryRegion} ended the stream`)
  }
  const receiving = receive().catch(inbox.fail)
  const besides = options.beside?.(ending.signal).catch(inbox.fail)
  try {
    for (;;) {
      const frames = await inbox.take()
      if (frames === undefined || signal.aborted) return
      yield frames
    }
  } finally {
    ending.abort()
    inbox.end()
    signal.removeEventListener('abort', end)
    await Promise.all([receiving, besides])
  }
}
