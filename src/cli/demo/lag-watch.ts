// Replication lag as a Region's metrics endpoint tells it, looked at all the time while the demo runs.
const intervalMs = 100
const lagLine = /^twinpool_replication_lag_milliseconds\{[^}]*\} (\S+)$/gm
const positionsLine = /^twinpool_replication_lag_positions\{[^}]*\} (\S+)$/gm

const numbersIn = (text: string, line: RegExp): readonly number[] =>
  [...text.matchAll(line)].map(([, value]) => Number(value))

export type SeenLag = {
  /** The largest since the last call, in ms. */
  readonly largestMs: number
  /** The lag now, in ms. */
  readonly lastMs: number
}

export type LagWatch = {
  /** Undefined when the Region has told none since the last call. */
  take(): Promise<SeenLag | undefined>
  stop(): void
}

/** The metrics of one Region, or undefined when it doesn't answer. */
const scrape = async (origin: string): Promise<string | undefined> => {
  try {
    const answer = await fetch(`${origin}/_twinpool/metrics`, { signal: AbortSignal.timeout(1_000) })
    return answer.ok ? await answer.text() : undefined
  } catch {
    // A Region that is down has no lag to tell: that is part of the story.
    return undefined
  }
}

/** Log entries that replicas of this Region's pools have not applied; undefined when the Region tells none. */
export const positionsBehind = async (origin: string): Promise<number | undefined> => {
  const numbers = numbersIn((await scrape(origin)) ?? '', positionsLine)
  return numbers.length === 0 ? undefined : Math.max(...numbers)
}

/** Watches the replica in this Region: how old its knowledge of the primary is, which grows while there is no primary to be reached. */
export const watchLag = (origin: string): LagWatch => {
  let seen: SeenLag | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const look = async (): Promise<void> => {
    const numbers = numbersIn((await scrape(origin)) ?? '', lagLine)
    if (numbers.length === 0) return
    const lastMs = Math.max(...numbers)
    seen = { largestMs: Math.max(seen?.largestMs ?? 0, lastMs), lastMs }
  }
  const goOn = async (): Promise<void> => {
    await look()
    if (!isStopped) timer = setTimeout(() => void goOn(), intervalMs)
  }
  void goOn()
  return {
    take: async () => {
      await look()
      const taken = seen
      seen = undefined
      return taken
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
