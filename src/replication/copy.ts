// The primary's side of a copy: where it begins, and the pool's records page by page, sealed as they lie in the store.
import type { Store, StoreRecord } from '../store/store.ts'
import { keyringKeyOf } from '../vault/keyring.ts'
import { Fault } from '../wire/fault.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler } from './peer-port.ts'

/** What a copy begins with: the log position from which it is followed, and the wrapped keys, so that their use is tried before anything is copied. */
export type CopyStart = { readonly position: number; readonly epoch: number; readonly keyring: string }

export type CopyPage = {
  readonly records: readonly StoreRecord[]
  /** Key of the last record read; hand it in to get the next page. */
  readonly after?: string
  /** The primary's position after the page was read. */
  readonly position: number
  readonly isLast: boolean
}

export type CopyOptions = {
  readonly store: Store
  authorise(poolId: string, region: string): Promise<void>
  /** Told that a copy runs which needs the log from `from` on. */
  copying(poolId: string, region: string, from: number): void
}

const pageRecordsMax = 1_000
/** Records as they lie; a third more as base64 and with the JSON around them it stays below the 8 MiB of a call. */
const pageBytesMax = 3 * 1024 * 1024

const sizeOf = ({ key, value, terms }: StoreRecord): number =>
  key.length + value.byteLength + terms.reduce((sum, term) => sum + term.length + 3, 64)

/** As many records as fit into a page, one at least. */
const fitting = (records: readonly StoreRecord[]): readonly StoreRecord[] => {
  let byteLength = 0
  for (const [index, record] of records.entries()) {
    byteLength += sizeOf(record)
    if (byteLength > pageBytesMax && index > 0) return records.slice(0, index)
  }
  return records
}

/** One record on its way: key, version, terms, value in base64. */
type PageRecord = readonly [string, number, readonly string[], string]

export const decodePage = (answer: unknown): CopyPage => {
  const fields = readFields(answer)
  const after = fields.optionalText('after')
  const records = (fields.list('records', pageRecordsMax) as readonly PageRecord[]).map(
    ([key, version, terms, value]): StoreRecord => ({
      key,
      version,
      terms,
      value: Buffer.from(value, 'base64'),
    }),
  )
  return {
    records,
    ...(after === undefined ? {} : { after }),
    position: fields.count('position'),
    isLast: fields.flag('isLast'),
  }
}

export const createCopyHandlers = (
  options: CopyOptions,
): { readonly begin: PeerCallHandler; readonly page: PeerCallHandler } => {
  const { store } = options
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
    page: async (fromRegion, body) => {
      const fields = readFields(body)
      const poolId = fields.text('poolId')
      const after = fields.optionalText('after')
      await options.authorise(poolId, fromRegion)
      const read = await store.range(`${poolId}/`, {
        limit: pageRecordsMax,
        ...(after === undefined ? {} : { after }),
      })
      // After the records: every change that they may already show is at or before this position (SPEC.md, I2).
      const { position } = await store.head(poolId)
      await options.authorise(poolId, fromRegion)
      const records = fitting(read)
      const last = records.at(-1)?.key ?? after
      return {
        records: records.map(({ key, version, terms, value }) => [
          key,
          version,
          terms,
          Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
        ]),
        ...(last === undefined ? {} : { after: last }),
        position,
        isLast: records.length === read.length && read.length < pageRecordsMax,
      }
    },
  }
}
