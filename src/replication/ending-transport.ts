// The port between Regions for as long as replication runs: when it ends, so do the calls that wait for an answer.
import { interruptedCode, PeerFailure, type PeerTransport } from './peer-port.ts'

export type EndingTransport = {
  readonly transport: PeerTransport
  /** From now on calls reject with PeerFailure `Interrupted`, the ones under way as well: the answer of a Region that is gone is long in coming. */
  end(): void
}

export const createEndingTransport = ({ call, stream }: PeerTransport): EndingTransport => {
  let isEnded = false
  const waiting = new Set<(reason: PeerFailure) => void>()
  const interrupted = (): PeerFailure => new PeerFailure(interruptedCode, 'replication has ended')
  return {
    transport: {
      call: (...given) =>
        new Promise((resolve, reject) => {
          if (isEnded) throw interrupted()
          waiting.add(reject)
          call(...given)
            .then(resolve, reject)
            .finally(() => waiting.delete(reject))
        }),
      stream,
    },
    end: () => {
      isEnded = true
      for (const reject of waiting) reject(interrupted())
    },
  }
}
