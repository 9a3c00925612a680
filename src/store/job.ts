// What an engine's writing side is asked to do, in one form for every engine.
import type { Commit, CopyState, LogEntry, StoreRecord, StreamHead } from './store.ts'

/** One change for the writer to make. Everything in it has been checked already. */
export type Job =
  | { readonly kind: 'commit'; readonly commit: Commit; readonly nowMs: number }
  | {
      readonly kind: 'raiseEpoch'
      readonly stream: string
      readonly epoch: number
      readonly nowMs: number
    }
  | { readonly kind: 'trimLog'; readonly stream: string; readonly upTo: number }
  | {
      readonly kind: 'copyPage'
      readonly stream: string
      readonly records: readonly StoreRecord[]
      readonly progress: Pick<CopyState, 'after' | 'until'>
    }
  | { readonly kind: 'applyLog'; readonly stream: string; readonly entries: readonly LogEntry[] }
  /** Drops a scope; with `begin`, which makes it beginCopy, the stream is then set to the beginning of a copy. */
  | {
      readonly kind: 'drop'
      readonly scope: string
      readonly begin?: { readonly from: number; readonly epoch: number }
    }

export type JobResult = { readonly position?: number; readonly head?: StreamHead }
