// When a command that runs for long is to stop: by signal, or because the npm that started it is gone.

const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
const parentCheckMs = 200

/** Aborts at the first request; later ones change nothing, so that stopping can finish. */
export const stopRequest = (): AbortSignal => {
  const stopping = new AbortController()
  for (const signal of stopSignals) process.on(signal, () => stopping.abort())
  // npm runs commands under a shell, which ends at SIGTERM without passing it on. Without npm, outliving the parent is usual (nohup).
  if (process.env.npm_command !== undefined) {
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) stopping.abort()
    }, parentCheckMs).unref()
  }
  return stopping.signal
}
