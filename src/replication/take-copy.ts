// The secondary's side of a copy: takes the primary's records in key order and stores them in pages, each with how far the copy is.
import type { Store, StoreRecord } from '../store/store.ts'
import { decodeCopyFrame } from './copy-frames.ts'
import { PeerFailure, type PeerTransport } from './peer-port.ts'
import { receivedBatches } from './received-batches.ts'

/** What a copy has sent beyond the page that is being stored. */
const inboxBytesMax = 4 * 1024 * 1024
/** A page is one commit: of fewer records each costs more, with more whoever else commits waits longer. */
const pageRecordsDefault = 1_000
const pageBytesMax = 4 * 1024 * 1024
/** Storing a page can take seconds, when search terms are filed with it; so long nothing is taken from the stream. */
const idleTimeoutMs = 30_000

export type CopyTaking = {
  readonly poolId: string
  readonly primaryRegion: string
  readonly store: Store
  readonly transport: PeerTransport
  readonly signal: AbortSignal
  /** A copy is stored in pages of so many records, or a frame more. */
  readonly pageRecords?: number
  /** Told of each page: its records, and the position that the primary had when they were read. */
  stored(recordCount: number, primaryPosition: number): void
}

/** Goes on after the last page that is stored. True when the copy is whole, false when `signal` ended it. Throws PeerFailure. */
export const takeCopy = async (options: CopyTaking): Promise<boolean> => {
  const { poolId, primaryRegion, store, transport, signal } = options
  const pageRecords = options.pageRecords ?? pageRecordsDefault
  const after = (await store.head(poolId)).copy?.after
  let reached = after ?? ''
  let page: StoreRecord[] = []
  let pageBytes = 0
  const batches = receivedBatches({
    transport,
    primaryRegion,
    name: 'copy',
    request: { poolId, ...(after === undefined ? {} : { after }) },
    decode: decodeCopyFrame,
    bytesMax: inboxBytesMax,
    idleTimeoutMs,
    signal,
  })
  for await (const frames of batches) {
    for (const frame of frames) {
      if (frame.after !== reached) throw new PeerFailure('CopyGap', 'a part of the copy is missing')
      page.push(...frame.records)
      pageBytes += frame.byteLength
      reached = frame.records.at(-1)?.key ?? reached
      if (!frame.isLast && page.length < pageRecords && pageBytes < pageBytesMax) continue
      await store.copyPage(poolId, page, {
        ...(reached === '' ? {} : { after: reached }),
        ...(frame.isLast ? { until: frame.position } : {}),
      })
      options.stored(page.length, frame.position)
      if (frame.isLast) return true
      if (signal.aborted) return false
      page = []
      pageBytes = 0
    }
  }
  return false
}
