// What a stream has sent and the follower has not stored yet: bounded, so that a slow disk slows the stream down.

export type Inbox<Frame> = {
  /** Resolves when there is room for more. */
  put(frame: Frame): Promise<void>
  /** Everything that waits, as soon as there is something; undefined after the end. Rejects with what `fail` was given, once all before was taken. */
  take(): Promise<readonly Frame[] | undefined>
  end(): void
  fail(error: unknown): void
}

export const createInbox = <Frame extends { readonly byteLength: number }>(
  bytesMax: number,
): Inbox<Frame> => {
  let frames: Frame[] = []
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
