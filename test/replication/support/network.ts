// A network between Regions in one process: calls and streams that can be delayed, cut in one or both directions, or lost with a Region.
import { PeerFailure, type PeerHandlers, type PeerTransport } from '../../../src/replication/peer-port.ts'
import type { Timer } from '../../../src/replication/timer.ts'
import { isFault } from '../../../src/wire/fault.ts'

export type Network = {
  /** Puts a Region on the network; the function returned takes it off, breaking what is under way. */
  attach(region: string, handlers: PeerHandlers): () => void
  transportOf(region: string): PeerTransport
  /** Nothing passes between the two until `heal`; what is under way breaks. */
  cut(one: string, other: string): void
  heal(one: string, other: string): void
  /** Breaks what is under way between the two, once. */
  break(one: string, other: string): void
  /** Every byte that has passed, for looking for secrets; only kept when asked for. */
  readonly seen: Buffer[]
  callCount(name: string): number
}

type NetworkOptions = {
  readonly timer: Timer
  /** How long each call, answer and frame takes. */
  delayMs?(): number
  readonly keepsBytes?: boolean
}

export const createNetwork = (options: NetworkOptions): Network => {
  const attached = new Map<string, PeerHandlers>()
  const cuts = new Set<string>()
  const underWay = new Map<string, Set<AbortController>>()
  const counts = new Map<string, number>()
  const seen: Buffer[] = []
  const linkOf = (one: string, other: string): string => [one, other].toSorted().join(' ')
  const lost = (region: string): PeerFailure =>
    new PeerFailure('Unreachable', `Region ${region} can't be reached`)

  const opened = (from: string, to: string): { link: AbortController; handlers: PeerHandlers } => {
    const handlers = attached.get(to)
    if (handlers === undefined || !attached.has(from) || cuts.has(linkOf(from, to))) throw lost(to)
    const link = new AbortController()
    const links = underWay.get(linkOf(from, to)) ?? new Set()
    underWay.set(linkOf(from, to), links)
    links.add(link)
    return { link, handlers }
  }
  const closed = (from: string, to: string, link: AbortController): void => {
    underWay.get(linkOf(from, to))?.delete(link)
  }
  const breakLink = (name: string): void => {
    for (const link of underWay.get(name) ?? []) link.abort()
  }
  const pass = async (link: AbortController, to: string): Promise<void> => {
    const delay = options.delayMs?.() ?? 0
    if (delay > 0) await options.timer.wait(delay, link.signal)
    if (link.signal.aborted) throw lost(to)
  }
  const orLost = <Value>(promise: Promise<Value>, link: AbortController, to: string): Promise<Value> => {
    const { promise: broken, reject } = Promise.withResolvers<never>()
    const onAbort = (): void => reject(lost(to))
    if (link.signal.aborted) onAbort()
    link.signal.addEventListener('abort', onAbort, { once: true })
    return Promise.race([promise, broken]).finally(() => link.signal.removeEventListener('abort', onAbort))
  }
  const failure = (error: unknown): PeerFailure => {
    if (error instanceof PeerFailure) return error
    if (isFault(error)) return new PeerFailure(error.code, error.message)
    return new PeerFailure('InternalErrorException', 'The call failed.', { cause: error })
  }
  const keep = (bytes: Uint8Array): void => {
    if (options.keepsBytes === true) seen.push(Buffer.from(bytes))
  }

  return {
    attach: (region, handlers) => {
      attached.set(region, handlers)
      return () => {
        attached.delete(region)
        for (const name of underWay.keys()) if (name.split(' ').includes(region)) breakLink(name)
      }
    },
    transportOf: (from) => ({
      call: async (to, name, body) => {
        counts.set(name, (counts.get(name) ?? 0) + 1)
        const { link, handlers } = opened(from, to)
        try {
          const sent = JSON.stringify(body)
          keep(Buffer.from(sent))
          await pass(link, to)
          const handler = handlers.calls[name]
          if (handler === undefined) throw new PeerFailure('UnknownOperationException', `no call ${name}`)
          const answer = JSON.stringify((await orLost(handler(from, JSON.parse(sent)), link, to)) ?? null)
          keep(Buffer.from(answer))
          await pass(link, to)
          return JSON.parse(answer) as unknown
        } catch (error) {
          throw failure(error)
        } finally {
          closed(from, to, link)
        }
      },
      stream: async function* (to, name, body, { signal }) {
        const { link, handlers } = opened(from, to)
        const end = (): void => link.abort()
        signal.addEventListener('abort', end, { once: true })
        const handler = handlers.streams[name]
        if (handler === undefined) throw new PeerFailure('UnknownOperationException', `no stream ${name}`)
        const frames = handler(from, JSON.parse(JSON.stringify(body)), link.signal)[Symbol.asyncIterator]()
        try {
          for (;;) {
            const next = await orLost(frames.next(), link, to)
            if (next.done === true) return
            keep(next.value)
            await pass(link, to)
            yield next.value
          }
        } catch (error) {
          throw failure(error)
        } finally {
          link.abort()
          signal.removeEventListener('abort', end)
          closed(from, to, link)
          await frames.return?.(undefined)
        }
      },
    }),
    cut: (one, other) => {
      cuts.add(linkOf(one, other))
      breakLink(linkOf(one, other))
    },
    heal: (one, other) => {
      cuts.delete(linkOf(one, other))
    },
    break: (one, other) => breakLink(linkOf(one, other)),
    seen,
    callCount: (name) => counts.get(name) ?? 0,
  }
}
