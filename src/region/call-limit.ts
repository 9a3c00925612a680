// So many calls to a Region at once; more wait for their turn, in order.
import { PeerFailure } from '../replication/peer-port.ts'

export type CallLimit = {
  /** Rejects with PeerFailure `Unreachable`, without having run, when too many wait. */
  take<Result>(work: () => Promise<Result>): Promise<Result>
}

export const createCallLimit = (runningMax: number, waitingMax: number): CallLimit => {
  const waiting: (() => void)[] = []
  let runningCount = 0
  const next = (): void => {
    const resume = waiting.shift()
    if (resume === undefined) runningCount -= 1
    else resume()
  }
  return {
    take: async (work) => {
      if (runningCount < runningMax) runningCount += 1
      else if (waiting.length >= waitingMax)
        throw new PeerFailure('Unreachable', `${waitingMax} calls wait for a Region`)
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        next()
      }
    },
  }
}
