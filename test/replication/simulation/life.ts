// The life of a simulated process. When it is over nothing that the process began goes on: what it waits for never comes.

export type Life = {
  readonly isOver: boolean
  /** The process is gone from this very moment on, as after kill -9. */
  end(): void
  /** Calls `listener` when it ends; the function returned takes that back. */
  onEnd(listener: () => void): () => void
}

export const createLife = (): Life => {
  const listeners = new Set<() => void>()
  let isOver = false
  return {
    get isOver() {
      return isOver
    },
    end: () => {
      if (isOver) return
      isOver = true
      for (const listener of listeners) listener()
      listeners.clear()
    },
    onEnd: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The same as the promise, but for a process that is gone when it settles: to that one it never does. */
export const whileAlive = <Value>(life: Pick<Life, 'isOver'>, promise: Promise<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    promise.then(
      (value) => {
        if (!life.isOver) resolve(value)
      },
      (error: unknown) => {
        if (!life.isOver) reject(error)
      },
    )
  })
