// Which Regions are alive: probed all the time, and told at once by a refused connection.

const probeIntervalMs = 500
/** A process that is busy for a moment is not dead: this many probes in a row must run out of time. */
const lateProbesMax = 2

export type RegionState = {
  readonly isLiving: boolean
  /** ms since 1970; of the last change. */
  readonly sinceMs: number
}

export type RegionHealth = {
  isLiving(region: string): boolean
  states(): Readonly<Record<string, RegionState>>
  /** Nothing listens there any more: no need to wait for the next probe. */
  markDead(region: string): void
  /** Probes all Regions once, then goes on probing in the background. */
  start(): Promise<void>
  stop(): void
}

export type RegionHealthOptions = {
  readonly regions: readonly string[]
  readonly probe: (region: string) => Promise<void>
  readonly onChange: (region: string, isLiving: boolean) => void
  readonly now: () => number
  readonly intervalMs?: number
}

/** Whether the failure says that nobody listens, as against not answering in time. */
export const isRefused = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOTFOUND')

const isLate = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')

export const createRegionHealth = (options: RegionHealthOptions): RegionHealth => {
  const states = new Map<string, RegionState>(
    options.regions.map((region) => [region, { isLiving: false, sinceMs: options.now() }]),
  )
  const lateProbes = new Map<string, number>()
  const timers = new Map<string, NodeJS.Timeout>()
  let isStopped = false

  const set = (region: string, isLiving: boolean): void => {
    if (states.get(region)?.isLiving === isLiving) return
    states.set(region, { isLiving, sinceMs: options.now() })
    options.onChange(region, isLiving)
  }

  const probeOnce = async (region: string): Promise<void> => {
    try {
      await options.probe(region)
      lateProbes.set(region, 0)
      if (!isStopped) set(region, true)
    } catch (error) {
      const late = isLate(error) ? (lateProbes.get(region) ?? 0) + 1 : lateProbesMax
      lateProbes.set(region, late)
      if (!isStopped && late >= lateProbesMax) set(region, false)
    }
  }

  const goOn = (region: string): void => {
    if (isStopped) return
    timers.set(
      region,
      setTimeout(
        () => void probeOnce(region).then(() => goOn(region)),
        options.intervalMs ?? probeIntervalMs,
      ),
    )
  }

  return {
    isLiving: (region) => states.get(region)?.isLiving ?? false,
    states: () => Object.fromEntries(states),
    markDead: (region) => set(region, false),
    start: async () => {
      await Promise.all(options.regions.map(probeOnce))
      for (const region of options.regions) goOn(region)
    },
    stop: () => {
      isStopped = true
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
