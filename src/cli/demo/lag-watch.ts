// Replication lag as the Regions' metrics endpoints tell it, looked at all the time while the demo runs.
const intervalMs = 100
const lagLine = /^twinpool_replication_lag_milliseconds\{[^}]*\} (\S+)$/gm
const positionsLine = /^twinpool_replication_lag_positions\{[^}]*\} (\S+)$/gm

const numbersIn = (text: string, line: RegExp): readonly number[] =>
  [...text.matchAll(line)].map(([, value]) => Number(value))

export type LagWatch = {
  /** The largest lag seen since the last call, in ms; undefined when no Region reported one. */
  take(): number | undefined
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

export const watchLag = (origins: readonly string[]): LagWatch => {
  let largest: number | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const look = async (): Promise<void> => {
    const texts = await Promise.all(origins.map(scrape))
    const numbers = texts.flatMap((text) => numbersIn(text ?? '', lagLine))
    if (numbers.length > 0) largest = Math.max(largest ?? 0, ...numbers)
    if (!isStopped) timer = setTimeout(() => void look(), intervalMs)
  }
  void look()
  return {
    take: () => {
      const taken = largest
      largest = undefined
      return taken
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
