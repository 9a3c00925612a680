// What takes lines of a log to one kind of destination, within its limits, and how it fails.

import type { UserPoolLog } from '../directory/log-delivery-port.ts'
import type { LogDestination } from '../directory/log-destination.ts'
import type { LogLine } from './log-line.ts'

export type DestinationKind = LogDestination['kind']
export type DestinationOf<Kind extends DestinationKind> = Extract<LogDestination, { kind: Kind }>

/** Lines of one source of one pool that go in one request, oldest first. */
export type LogBatch = {
  /** The same for every attempt. */
  readonly batchId: string
  readonly poolId: string
  readonly source: UserPoolLog['source']
  readonly lines: readonly LogLine[]
}

/** Lines that the destination did not take although it took the request: to be sent again, or never to be taken. */
export type Untaken = { readonly again: readonly LogLine[]; readonly refusedCount: number }

export type LogSender<Kind extends DestinationKind> = {
  readonly kind: Kind
  /** What the service takes in one request. */
  readonly linesMax: number
  readonly bytesMax: number
  /** What a line counts for besides its own bytes. */
  readonly bytesPerLine: number
  /** How long a line waits for others to go with. */
  readonly lingerMs: number
  /** Rejects with SendFailure. */
  send(batch: LogBatch, destination: DestinationOf<Kind>, signal: AbortSignal): Promise<Untaken>
}

export const nothingUntaken: Untaken = { again: [], refusedCount: 0 }

/** `code` is AWS's, or a few words of ours, for the log. `isFinal`: a further attempt with the same lines can't do better. */
export class SendFailure extends Error {
  readonly code: string
  readonly isFinal: boolean

  constructor(code: string, options: { readonly isFinal: boolean; readonly cause?: unknown }) {
    super(
      `a log could not be sent: ${code}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'SendFailure'
    this.code = code
    this.isFinal = options.isFinal
  }
}
