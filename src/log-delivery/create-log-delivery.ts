// The port to log delivery: takes events without a wait, finds where the pool's configuration sends them, and keeps a bounded number on their way.
import type { LogConfigurationType } from '@aws-sdk/client-cognito-identity-provider'
import type { UserPoolLog, UserPoolLogs } from '../directory/log-delivery-port.ts'
import { destinationOf, type LogDestination } from '../directory/log-destination.ts'
import type { Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import { type BoundSender, createLane, type DropReason, type Lane, type Waiting } from './lane.ts'
import { type LogLine, logLine } from './log-line.ts'
import type { DestinationKind, DestinationOf, LogSender } from './log-sender.ts'

export type LogSenders = { readonly [Kind in DestinationKind]?: LogSender<Kind> }

export type LogDeliveryOptions = Waiting & {
  readonly senders: LogSenders
  readonly random: Random
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Events on their way at most, of all pools. */
  readonly waitingMax?: number
  /** The pool's LogConfigurations in this Region. */
  configurationsOf(poolId: string): Promise<readonly LogConfigurationType[]>
}

export type LogDeliveryCounts = {
  readonly waiting: number
  readonly delivered: ReadonlyMap<DestinationKind, number>
  readonly dropped: ReadonlyMap<DropReason, number>
}

export type LogDelivery = {
  readonly logs: UserPoolLogs
  counts(): LogDeliveryCounts
  /** Sends what waits, for a few seconds; what can't be sent then is dropped, counted and logged. */
  close(): Promise<void>
}

/** About 1 KB each. */
const defaultWaitingMax = 10_000
const closeWithinMs = 5_000
const fullLineEveryMs = 60_000
const batchIdBytes = 8

const bound = <Kind extends DestinationKind>(
  sender: LogSender<Kind> | undefined,
  destination: DestinationOf<Kind>,
): BoundSender | undefined =>
  sender === undefined
    ? undefined
    : { ...sender, send: (batch, signal) => sender.send(batch, destination, signal) }

const senderFor = (senders: LogSenders, destination: LogDestination): BoundSender | undefined => {
  if (destination.kind === 'cloudWatchLogs') return bound(senders.cloudWatchLogs, destination)
  if (destination.kind === 'firehose') return bound(senders.firehose, destination)
  return bound(senders.s3, destination)
}

export const createLogDelivery = (options: LogDeliveryOptions): LogDelivery => {
  const { senders, random, log, clock } = options
  const waitingMax = options.waitingMax ?? defaultWaitingMax
  const lanes = new Map<string, Lane>()
  const delivered = new Map<DestinationKind, number>()
  const dropped = new Map<DropReason, number>()
  const stopping = new AbortController()
  const abandoned = new AbortController()
  let waiting = 0
  let fullLineAtMs: number | undefined
  let onNoneWaits: (() => void) | undefined

  const leave = (count: number): void => {
    waiting -= count
    if (waiting === 0) onNoneWaits?.()
  }
  const countDropped = (count: number, reason: DropReason): void =>
    void dropped.set(reason, (dropped.get(reason) ?? 0) + count)

  const laneTo = (destination: LogDestination, { poolId, source }: UserPoolLog): Lane | undefined => {
    const name = JSON.stringify([destination.kind, destination.arn, poolId, source])
    const known = lanes.get(name)
    if (known !== undefined) return known
    const sender = senderFor(senders, destination)
    if (sender === undefined) return undefined
    const made = createLane({
      ...options,
      poolId,
      source,
      destination: destination.kind,
      sender,
      stopping: stopping.signal,
      abandoned: abandoned.signal,
      newBatchId: () => random.bytes(batchIdBytes).toString('hex'),
      delivered: (count) => {
        delivered.set(destination.kind, (delivered.get(destination.kind) ?? 0) + count)
        leave(count)
      },
      dropped: (count, reason) => {
        countDropped(count, reason)
        leave(count)
      },
      emptied: () => void lanes.delete(name),
    })
    lanes.set(name, made)
    return made
  }

  const accept = async (given: UserPoolLog, line: LogLine): Promise<void> => {
    const configurations = await options.configurationsOf(given.poolId)
    const configuration = configurations.find(({ EventSource }) => EventSource === given.source)
    const destination = configuration === undefined ? undefined : destinationOf(configuration)
    const lane = destination === undefined ? undefined : laneTo(destination, given)
    // Of a pool that wants none, or wants it where this Region has no endpoint, which it said when that was set.
    if (lane === undefined) leave(1)
    else lane.add(line)
  }

  const refuseFull = (): void => {
    countDropped(1, 'queue-full')
    const nowMs = clock.now()
    if (fullLineAtMs !== undefined && nowMs < fullLineAtMs + fullLineEveryMs) return
    fullLineAtMs = nowMs
    log.error(
      { reason: 'queue-full', count: dropped.get('queue-full') },
      'log events are dropped: too many wait to be delivered',
    )
  }

  return {
    logs: {
      reaches: (kind) => senders[kind] !== undefined,
      deliver: (given) => {
        if (stopping.signal.aborted) return countDropped(1, 'stopped')
        if (waiting >= waitingMax) return refuseFull()
        waiting += 1
        accept(given, logLine(given, clock.now())).catch((error: unknown) => {
          countDropped(1, 'no-configuration')
          leave(1)
          log.error(
            { err: error, poolId: given.poolId, source: given.source, reason: 'no-configuration', count: 1 },
            'log events were dropped',
          )
        })
      },
    },
    counts: () => ({ waiting, delivered, dropped }),
    close: async () => {
      stopping.abort()
      if (waiting === 0) return
      const noneWaits = new Promise<void>((resolve) => {
        onNoneWaits = resolve
      })
      const closed = new AbortController()
      await Promise.race([noneWaits, options.wait(closeWithinMs, closed.signal)])
      closed.abort()
      abandoned.abort()
      await noneWaits
    },
  }
}
