// The network of a simulation: slow, cut in one direction or both, losing questions or answers, and now and then breaking the port's promises.
import { PeerFailure, type PeerHandlers, type PeerTransport } from '../../../src/replication/peer-port.ts'
import { isFault } from '../../../src/wire/fault.ts'
import type { Dice } from './dice.ts'
import { type Life, whileAlive } from './life.ts'
import { type Garbling, garble } from './stream-garbling.ts'
import type { SimulatedTime } from './time.ts'

export type NetworkFaults = {
  /** How long anything takes on its way, at most. */
  delayMs: number
  /** Every so many-th call arrives twice; 0 for none. */
  twiceOnceIn: number
  /** Every so many-th call arrives only after its caller has given up; 0 for none. */
  lateOnceIn: number
  /** Frames from this Region to that one are not what was sent. By `from to`. */
  readonly garbled: Map<string, Garbling>
}

/** Hears of what is sent. */
export type NetworkWitness = {
  called(from: string, to: string, name: string): void
  failed(from: string, to: string, name: string, failure: PeerFailure): void
  /** A frame of the feed leaves the Region that feeds. */
  fed(from: string, to: string): void
}

export type SimulatedNetwork = {
  readonly faults: NetworkFaults
  /** The Region answers until the process's life ends. */
  attach(region: string, handlers: PeerHandlers, life: Life): void
  transportOf(region: string, life: Life): PeerTransport
  /** Nothing gets from one Region to the other any more. Either is told at once (`refused`), or waits in vain. */
  cut(from: string, to: string, isRefused: boolean): void
  heal(from: string, to: string): void
  healAll(): void
  /** Breaks what is under way between the two, once. */
  breakLinks(one: string, other: string): void
}

type Answering = { readonly handlers: PeerHandlers; readonly life: Life }

const callTimeoutMsDefault = 10_000
const never = <Value>(): Promise<Value> => new Promise(() => {})
const lost = (region: string): PeerFailure =>
  new PeerFailure('Unreachable', `Region ${region} can't be reached`)

const failure = (error: unknown): PeerFailure => {
  if (error instanceof PeerFailure) return error
  if (isFault(error)) return new PeerFailure(error.code, error.message)
  return new PeerFailure('InternalErrorException', 'The call failed.', { cause: error })
}

export const createSimulatedNetwork = (options: {
  readonly time: SimulatedTime
  readonly dice: Dice
  readonly witness: NetworkWitness
}): SimulatedNetwork => {
  const { time, dice, witness } = options
  const { timer } = time
  const faults: NetworkFaults = { delayMs: 20, twiceOnceIn: 0, lateOnceIn: 0, garbled: new Map() }
  const attached = new Map<string, Answering>()
  const cuts = new Map<string, { readonly isRefused: boolean }>()
  const links = new Map<AbortController, readonly [string, string]>()

  /** One way: resolves when it has arrived, rejects when it is refused, and does neither when it got lost. */
  const travel = async (from: string, to: string, signal?: AbortSignal, extraMs = 0): Promise<void> => {
    await timer.wait(dice.below(faults.delayMs + 1) + extraMs, signal)
    const cut = cuts.get(`${from} ${to}`)
    if (cut === undefined) return
    if (cut.isRefused) throw lost(to)
    return never()
  }
  /** Rejects when the link is broken. */
  const unlessBroken = <Value>(promise: Promise<Value>, link: AbortController, to: string): Promise<Value> =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => reject(lost(to))
      if (link.signal.aborted) onAbort()
      link.signal.addEventListener('abort', onAbort, { once: true })
      promise.then(resolve, reject).finally(() => link.signal.removeEventListener('abort', onAbort))
    })
  /** A link between two processes: broken when either ends. */
  const openLink = (from: string, to: string, life: Life): AbortController => {
    const link = new AbortController()
    links.set(link, [from, to])
    const off = life.onEnd(() => link.abort())
    const forget = (): void => {
      off()
      links.delete(link)
    }
    link.signal.addEventListener('abort', forget, { once: true })
    return link
  }
  const answering = (to: string, link: AbortController): Answering => {
    const known = attached.get(to)
    if (known === undefined || known.life.isOver) throw lost(to)
    const off = known.life.onEnd(() => link.abort())
    link.signal.addEventListener('abort', off, { once: true })
    return known
  }

  const ask = async (from: string, to: string, name: string, sent: string): Promise<string> => {
    const { handlers, life } = attached.get(to) ?? { handlers: undefined, life: undefined }
    if (handlers === undefined || life.isOver) throw lost(to)
    const handler = handlers.calls[name]
    if (handler === undefined) throw new PeerFailure('UnknownOperationException', `no call ${name}`)
    return JSON.stringify((await whileAlive(life, handler(from, JSON.parse(sent)))) ?? null)
  }
  /** The same question once more, some time later; whatever the answer is, nobody hears it. */
  const askAgain = (from: string, to: string, name: string, sent: string, afterMs: number): void => {
    travel(from, to, undefined, afterMs)
      .then(() => ask(from, to, name, sent))
      .catch(() => undefined)
  }

  const call =
    (from: string, life: Life): PeerTransport['call'] =>
    async (to, name, body, { timeoutMs = callTimeoutMsDefault } = {}) => {
      if (life.isOver) return never()
      witness.called(from, to, name)
      const link = openLink(from, to, life)
      const sent = JSON.stringify(body)
      const isLate = faults.lateOnceIn > 0 && dice.once(faults.lateOnceIn)
      if (isLate) askAgain(from, to, name, sent, timeoutMs + dice.below(10_000))
      else if (faults.twiceOnceIn > 0 && dice.once(faults.twiceOnceIn))
        askAgain(from, to, name, sent, dice.below(3_000))
      const run = async (): Promise<unknown> => {
        if (isLate) return never()
        await travel(from, to, link.signal)
        answering(to, link)
        const answer = await unlessBroken(ask(from, to, name, sent), link, to)
        await travel(to, from, link.signal)
        return JSON.parse(answer) as unknown
      }
      const timeout = timer.wait(timeoutMs, link.signal).then(() => {
        throw lost(to)
      })
      try {
        return await whileAlive(life, unlessBroken(Promise.race([run(), timeout]), link, to))
      } catch (error) {
        const failed = failure(error)
        witness.failed(from, to, name, failed)
        throw failed
      } finally {
        link.abort()
      }
    }

  async function* stream(
    from: string,
    life: Life,
    [to, name, body, { signal, idleTimeoutMs }]: Parameters<PeerTransport['stream']>,
  ): AsyncGenerator<Uint8Array> {
    const link = openLink(from, to, life)
    const end = (): void => link.abort()
    signal.addEventListener('abort', end, { once: true })
    const orIdle = async <Value>(promise: Promise<Value>): Promise<Value> => {
      const arrived = new AbortController()
      const idle = timer.wait(idleTimeoutMs, arrived.signal).then(() => {
        throw lost(to)
      })
      try {
        return await whileAlive(life, unlessBroken(Promise.race([promise, idle]), link, to))
      } finally {
        arrived.abort()
      }
    }
    let frames: AsyncIterator<Uint8Array> | undefined
    try {
      if (signal.aborted) return
      await orIdle(travel(from, to, link.signal))
      const { handlers } = answering(to, link)
      const handler = handlers.streams[name]
      if (handler === undefined) throw new PeerFailure('UnknownOperationException', `no stream ${name}`)
      const opened = handler(from, JSON.parse(JSON.stringify(body)), link.signal)[Symbol.asyncIterator]()
      frames = opened
      const garbling = (): Garbling | undefined => faults.garbled.get(`${to} ${from}`)
      const next = async (): Promise<Uint8Array | undefined> => {
        const frame = await opened.next()
        if (frame.done === true) return undefined
        witness.fed(to, from)
        await travel(to, from, link.signal)
        return frame.value
      }
      yield* garble(() => orIdle(next()), garbling, dice)
    } catch (error) {
      throw failure(error)
    } finally {
      link.abort()
      signal.removeEventListener('abort', end)
      // Not waited for: a process that is gone does not answer.
      frames?.return?.(undefined).catch(() => undefined)
    }
  }

  return {
    faults,
    attach: (region, handlers, life) => {
      attached.set(region, { handlers, life })
    },
    transportOf: (from, life) => ({
      call: call(from, life),
      stream: (...given) => stream(from, life, given),
    }),
    cut: (from, to, isRefused) => {
      cuts.set(`${from} ${to}`, { isRefused })
    },
    heal: (from, to) => {
      cuts.delete(`${from} ${to}`)
    },
    healAll: () => cuts.clear(),
    breakLinks: (one, other) => {
      for (const [link, ends] of Array.from(links))
        if (ends.includes(one) && ends.includes(other)) link.abort()
    },
  }
}
