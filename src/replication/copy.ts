// The primary's side of a copy: where it begins, and the pool's records in key order, sealed as they lie in the store.
import type { Store, StoreRecord } from '../store/store.ts'
import type { Clock } from '../telemetry/clock.ts'
import { keyringKeyOf } from '../vault/keyring.ts'
import { Fault } from '../wire/fault.ts'
import { encodeCopyFrame } from './copy-frames.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler, PeerStreamHandler } from './peer-port.ts'
import type { Timer } from './timer.ts'

/** What a copy begins with: the log position from which it is followed, and the wrapped keys, so that their use is tried before anything is copied. */
export type CopyStart = { readonly position: number; readonly epoch: number; readonly keyring: string }

export type CopyOptions = {
  readonly store: Store
  readonly clock: Clock
  readonly timer: Timer
  authorise(poolId: string, region: string): Promise<void>
  /** Told that a copy runs which needs the log from `from` on. */
  copying(poolId: string, region: string, from: number): void
  /** Epoch of the last takeover that this Region knows of. */
  reign?(poolId: string): Promise<number>
  /** Ends every copy when it aborts: this Region is being stopped. */
  readonly closing?: AbortSignal
  readonly frameRecordsMax?: number
}

/** So few that reading, sealing and sending them takes about a millisecond: between two frames whatever else this Region is asked has its turn. */
const frameRecordsMaxDefault = 64
const frameBytesMax = 128 * 1024
/** The pause after each frame; when it ends later than that, something else wants the processor, and gets it for several times as long. */
const pauseMs = 1
const lateFactor = 3
const longestPauseMs = 20

const sizeOf = ({ key, value, terms }: StoreRecord): number =>
  key.length + value.byteLength + terms.reduce((sum, term) => sum + term.length + 1, 18)

/** As many records as fit into a frame, one at least. */
const fitting = (records: readonly StoreRecord[]): readonly StoreRecord[] => {
  let byteLength = 0
  for (const [index, record] of records.entries()) {
    byteLength += sizeOf(record)
    if (byteLength > frameBytesMax && index > 0) return records.slice(0, index)
  }
  return records
}

/** Call handler `copy-begin` and stream handler `copy`. Either ends with a Fault for a Region that has no replica that is fed from here. */
export const createCopyHandlers = (
  options: CopyOptions,
): { readonly begin: PeerCallHandler; readonly records: PeerStreamHandler } => {
  const { store } = options
  const { clock, timer } = options
  const frameRecordsMax = options.frameRecordsMax ?? frameRecordsMaxDefault
  const giveWay = async (signal: AbortSignal): Promise<void> => {
    const beganAtMs = clock.now()
    await timer.wait(pauseMs, signal)
    const lateMs = clock.now() - beganAtMs - pauseMs
    if (lateMs > 1) await timer.wait(Math.min(lateFactor * lateMs, longestPauseMs), signal)
  }
  return {
    begin: async (fromRegion, body) => {
      const fields = readFields(body)
      const poolId = fields.text('poolId')
      await options.authorise(poolId, fromRegion)
      const keyring = await store.get(keyringKeyOf(poolId))
      if (keyring === undefined)
        throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
      const { position, epoch } = await store.head(poolId)
      // Again after what was read: a Region that has given way has another history from then on.
      await options.authorise(poolId, fromRegion)
      options.copying(poolId, fromRegion, fields.optionalCount('resumeFrom') ?? position)
      const start: CopyStart = {
        position,
        epoch,
        keyring: Buffer.from(keyring.value).toString('base64'),
      }
      return start
    },
    records: async function* records(fromRegion, body, gone) {
      const signal = options.closing === undefined ? gone : AbortSignal.any([gone, options.closing])
      const fields = readFields(body)
      const poolId = fields.text('poolId')
      let after = fields.optionalText('after') ?? ''
      await options.authorise(poolId, fromRegion)
      const reign = (await options.reign?.(poolId)) ?? 0
      while (!signal.aborted) {
        const read = await store.range(`${poolId}/`, { limit: frameRecordsMax, after })
        // After the records: every change that they may already show is at or before this position (SPEC.md, I2).
        const { position } = await store.head(poolId)
        await options.authorise(poolId, fromRegion)
        const now = (await options.reign?.(poolId)) ?? 0
        if (now !== reign)
          throw new Fault('FormerReign', `${poolId} has been taken over since the copy was asked for.`)
        const found = fitting(read)
        const isLast = found.length === read.length && read.length < frameRecordsMax
        yield encodeCopyFrame({ after, records: found, position, isLast })
        if (isLast) return
        after = found.at(-1)?.key ?? after
        await giveWay(signal)
      }
    },
  }
}
