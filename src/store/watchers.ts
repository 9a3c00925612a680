// Listeners to the growth of streams' logs.

/** A stream is followed by a handful of replicas; more listeners than this are a leak. */
const listenersPerStreamMax = 1_000

export type Watchers = ReturnType<typeof createWatchers>

/** One call per listener and group of commits, however many commits of the stream the group had. */
export const createWatchers = (onError: (error: unknown) => void = (error) => warn(error)) => {
  const listeners = new Map<string, Set<() => void>>()
  return {
    /** Returns what ends it. The same function can be added twice. */
    add: (stream: string, listener: () => void): (() => void) => {
      const all = listeners.get(stream) ?? new Set()
      if (all.size >= listenersPerStreamMax)
        throw new RangeError(`more than ${listenersPerStreamMax} listeners to one stream`)
      listeners.set(stream, all)
      const own = (): void => listener()
      all.add(own)
      return () => {
        all.delete(own)
        if (all.size === 0 && listeners.get(stream) === all) listeners.delete(stream)
      }
    },
    /** Streams that somebody listens to. */
    streams: (): readonly string[] => [...listeners.keys()],
    notify: (streams: readonly string[]): void => {
      for (const stream of streams)
        for (const listener of listeners.get(stream)?.values().toArray() ?? [])
          try {
            listener()
          } catch (error) {
            onError(error)
          }
    },
    clear: (): void => listeners.clear(),
  }
}

const warn = (error: unknown): void => {
  process.emitWarning(
    `a listener to the store's log failed: ${error instanceof Error ? error.message : String(error)}`,
  )
}
