// What passes between the store and its writing thread.
import type { Job, JobResult } from '../job.ts'
import { Conflict, Divergence } from '../store.ts'
import { StoreFailure } from '../store-errors.ts'

/** The last job of all: ends the thread once everything before it is answered. */
export type CloseJob = { readonly kind: 'close' }

export type Request = { readonly id: number; readonly bytes: number; readonly job: Job | CloseJob }

/** An error as it crosses threads, where classes get lost. */
export type SentError =
  | { readonly name: 'Conflict'; readonly key: string }
  | { readonly name: 'Divergence' | 'RangeError'; readonly message: string }
  | { readonly name: 'StoreFailure'; readonly message: string; readonly isOutcomeUnknown: boolean }

export type Reply =
  | { readonly id: number; readonly result: JobResult }
  | { readonly id: number; readonly error: SentError }

export type FromWriter =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly error: SentError }
  /** A group that is durable, or has failed: an answer for each of its jobs, and the streams whose logs grew. */
  | { readonly kind: 'done'; readonly replies: readonly Reply[]; readonly grown: readonly string[] }

export type WriterOptions = {
  readonly path: string
  /** How many entries each stream's log keeps at most. */
  readonly logEntriesMax: number
  readonly sizeMaxBytes: number | undefined
}

export const sendError = (error: unknown): SentError => {
  if (error instanceof Conflict) return { name: 'Conflict', key: error.key }
  if (error instanceof Divergence) return { name: 'Divergence', message: error.message }
  if (error instanceof RangeError) return { name: 'RangeError', message: error.message }
  const message = error instanceof Error ? error.message : String(error)
  const isOutcomeUnknown = error instanceof StoreFailure && error.isOutcomeUnknown
  return { name: 'StoreFailure', message, isOutcomeUnknown }
}

export const receiveError = (sent: SentError): Error => {
  switch (sent.name) {
    case 'Conflict':
      return new Conflict(sent.key)
    case 'Divergence':
      return new Divergence(sent.message)
    case 'RangeError':
      return new RangeError(sent.message)
    case 'StoreFailure':
      return new StoreFailure(sent.message, { isOutcomeUnknown: sent.isOutcomeUnknown })
  }
}
