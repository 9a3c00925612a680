// What the feed has sent and the follower has not applied yet: bounded, so that a slow disk slows the feed down.
import type { FeedFrame } from './feed-frames.ts'

export type Inbox = {
  /** Resolves when there is room for more. */
  put(frame: FeedFrame): Promise<void>
  /** Everything that waits, as soon as there is something; undefined after the end. Rejects with what `fail` was given, once all before was taken. */
  take(): Promise<readonly FeedFrame[] | undefined>
  end(): void
  fail(error: unknown): void
}

export const createInbox = (bytesMax: number): Inbox => {
  let frames: FeedFrame[] = []
  let byteLength = 0
  let ended: { readonly error?: unknown } | undefined
  let arrived = Promise.withResolvers<void>()
  let drained = Promise.withResolvers<void>()
  const finish = (how: { readonly error?: unknown }): void => {
    ended ??= how
    arrived.resolve()
    drained.resolve()
  }
  return {
    put: async (frame) => {
      if (ended !== undefined) return
      frames.push(frame)
      byteLength += frame.byteLength
      arrived.resolve()
      if (byteLength >= bytesMax) await drained.promise
    },
    take: async () => {
      await arrived.promise
      if (frames.length > 0) {
        const taken = frames
        frames = []
        byteLength = 0
        if (ended === undefined) {
          arrived = Promise.withResolvers()
          drained.resolve()
          drained = Promise.withResolvers()
        }
        return taken
      }
      if (ended !== undefined && 'error' in ended) throw ended.error
      return undefined
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
  }
}
