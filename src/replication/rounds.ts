// Looks after many things a few at a time, round after round, so that each has its turn however many there are.
import { isWorthALine, startRepeater } from './repeater.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { BackOffLimits } from './timer.ts'

export type Rounds = { stop(): Promise<void> }

const backOff: BackOffLimits = { firstMs: 1_000, mostMs: 10_000 }

export const startRounds = <Item>(
  { timer, random, log }: Pick<ReplicationParts, 'timer' | 'random' | 'log'>,
  options: {
    readonly everyMs: number
    readonly perRound: number
    /** For the log, where a round fails. */
    readonly what: string
    /** All that there is now. */
    list(): Promise<readonly Item[]>
    keyOf(item: Item): string
    lookAfter(item: Item): Promise<void>
  },
): Rounds => {
  const { perRound, keyOf } = options
  /** Where the last round ended. */
  let after = ''
  const round = async (): Promise<undefined> => {
    const all = (await options.list())
      .map((item) => ({ key: keyOf(item), item }))
      .toSorted((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)))
    const next = [...all.filter(({ key }) => key > after), ...all.filter(({ key }) => key <= after)]
    for (const { key, item } of next.slice(0, perRound)) {
      after = key
      await options.lookAfter(item)
    }
  }
  return startRepeater({
    timer,
    random,
    backOff,
    pauseMs: 0,
    everyMs: options.everyMs,
    run: round,
    failed: (error, failures) => {
      if (isWorthALine(failures)) log.warn({ err: error, failures }, options.what)
    },
  })
}
