// Compares what two living Regions hold of a pool, record by record and without opening any, while both go on working.
import { recordHash } from '../store/digest.ts'
import type { StoreRecord } from '../store/store.ts'
import { Fault } from '../wire/fault.ts'
import type { Claims } from './claims.ts'
import { readFields } from './message-fields.ts'
import { type PeerCallHandler, PeerFailure } from './peer-port.ts'
import type { Registrations } from './registrations.ts'
import type { ReplicationParts } from './replication-parts.ts'

export type Difference = {
  /** As the store knows the record: its key is a keyed hash. */
  readonly key: string
  /** Absent: the Region has no such record. */
  readonly versionHere?: number
  readonly versionThere?: number
}

export type ComparedPart = {
  readonly comparedCount: number
  readonly difference?: Difference
  /** Where to go on; absent when everything was compared. */
  readonly after?: string
}

export type Comparison = {
  /** As far as it gets in a bounded time, from `after` on; ends at the first difference. Rejects with a Fault. */
  compare(poolId: string, withRegion: string, after: string | undefined): Promise<ComparedPart>
  readonly calls: Readonly<Record<'record-hashes', PeerCallHandler>>
}

type Hashed = { readonly key: string; readonly version: number; readonly hash: string }
type HashedPage = { readonly records: readonly Hashed[]; readonly isLast: boolean }

const pageSize = 1_000
const partMs = 15_000
/** A record that differs is looked at until both Regions have settled on it, at most so long. */
const settleMs = 10_000
const settlePauseMs = 20

const hashed = (record: StoreRecord): Hashed => ({
  key: record.key,
  version: record.version,
  hash: recordHash(record).toString('base64'),
})

export const createComparison = (
  parts: Pick<ReplicationParts, 'region' | 'store' | 'transport' | 'clock' | 'timer'>,
  registrations: Registrations,
  claims: Pick<Claims, 'ask'>,
): Comparison => {
  const { region, store, transport, clock, timer } = parts
  const never = new AbortController().signal

  const pageHere = async (poolId: string, after: string | undefined): Promise<HashedPage> => {
    const records = await store.range(`${poolId}/`, {
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    })
    return { records: records.map(hashed), isLast: records.length < pageSize }
  }
  const hashesIn = (list: readonly unknown[]): readonly Hashed[] =>
    list.map((item) => {
      const fields = readFields(item)
      return { key: fields.text('key'), version: fields.count('version'), hash: fields.text('hash') }
    })
  const pageThere = async (other: string, poolId: string, after: string | undefined): Promise<HashedPage> => {
    const fields = readFields(
      await transport.call(other, 'record-hashes', { poolId, ...(after === undefined ? {} : { after }) }),
    )
    return { records: hashesIn(fields.list('records', pageSize)), isLast: fields.flag('isLast') }
  }
  const oneHere = async (key: string): Promise<Hashed | undefined> => {
    const record = await store.get(key)
    return record === undefined ? undefined : hashed(record)
  }
  const oneThere = async (other: string, poolId: string, key: string): Promise<Hashed | undefined> => {
    const answer = readFields(await transport.call(other, 'record-hashes', { poolId, key }))
    return hashesIn(answer.list('records', 1))[0]
  }

  /** A difference that is more than a write on its way: the primary's record has not changed while the secondary caught up with it. */
  const settledDifference = async (
    poolId: string,
    key: string,
    here: { readonly isPrimary: boolean; readonly other: string },
  ): Promise<Difference | undefined> => {
    const { isPrimary, other } = here
    const positionHere = async (): Promise<number> => (await store.head(poolId)).position
    const positionThere = async (): Promise<number> => (await claims.ask(other, poolId))?.position ?? 0
    const [ofPrimary, ofSecondary] = isPrimary
      ? [() => oneHere(key), () => oneThere(other, poolId, key)]
      : [() => oneThere(other, poolId, key), () => oneHere(key)]
    const [primaryPosition, secondaryPosition] = isPrimary
      ? [positionHere, positionThere]
      : [positionThere, positionHere]
    const untilMs = clock.now() + settleMs
    while (clock.now() < untilMs) {
      const first = await ofPrimary()
      const position = await primaryPosition()
      while ((await secondaryPosition()) < position && clock.now() < untilMs)
        await timer.wait(settlePauseMs, never)
      const second = await ofSecondary()
      const again = await ofPrimary()
      if (first?.hash === second?.hash) return undefined
      if (first?.hash !== again?.hash) continue
      const [own, theirs] = isPrimary ? [first, second] : [second, first]
      return {
        key,
        ...(own === undefined ? {} : { versionHere: own.version }),
        ...(theirs === undefined ? {} : { versionThere: theirs.version }),
      }
    }
    throw new Fault(
      'ServiceUnavailable',
      'The replica is behind its primary, or one record changes all the time. Please try again.',
      { status: 503 },
    )
  }

  const compare: Comparison['compare'] = async (poolId, other, from) => {
    const pool = await registrations.get(poolId)
    if (pool === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    if (other === region || ![pool.primaryRegion, ...pool.replicaRegions].includes(other))
      throw new Fault('InvalidParameterException', `User pool ${poolId} has no other replica in ${other}.`)
    const untilMs = clock.now() + partMs
    let comparedCount = 0
    for (let after = from; ; ) {
      const [own, theirs] = await Promise.all([pageHere(poolId, after), pageThere(other, poolId, after)])
      // As far as both pages reach.
      const ends = [own, theirs]
        .filter(({ isLast }) => !isLast)
        .map(({ records }) => records.at(-1)?.key ?? '')
      const bound = ends.toSorted()[0]
      const isWithin = ({ key }: Hashed): boolean => bound === undefined || key <= bound
      const remote = new Map(theirs.records.filter(isWithin).map((record) => [record.key, record.hash]))
      const local = new Map(own.records.filter(isWithin).map((record) => [record.key, record.hash]))
      const keys = [...new Set([...local.keys(), ...remote.keys()])].toSorted()
      for (const key of keys) {
        if (local.get(key) === remote.get(key)) continue
        const isPrimary = pool.role === 'PRIMARY'
        const difference = await settledDifference(poolId, key, { isPrimary, other })
        if (difference !== undefined) return { comparedCount, difference }
      }
      comparedCount += keys.length
      if (bound === undefined) return { comparedCount }
      after = bound
      if (clock.now() >= untilMs) return { comparedCount, after }
    }
  }

  return {
    compare: async (poolId, other, after) => {
      try {
        return await compare(poolId, other, after)
      } catch (error) {
        if (!(error instanceof PeerFailure)) throw error
        throw new Fault('ServiceUnavailable', `Region ${other} can't be asked: ${error.message}`, {
          status: 503,
          cause: error,
        })
      }
    },
    calls: {
      'record-hashes': async (fromRegion, body) => {
        const fields = readFields(body)
        const poolId = fields.text('poolId')
        const pool = await registrations.get(poolId)
        if (pool === undefined || ![pool.primaryRegion, ...pool.replicaRegions].includes(fromRegion))
          throw new Fault('NotAReplica', `${poolId} has no replica in ${fromRegion} that is known here.`)
        const key = fields.optionalText('key')
        if (key === undefined) return pageHere(poolId, fields.optionalText('after'))
        if (!key.startsWith(`${poolId}/`))
          throw new Fault('InvalidParameterException', 'The record is not of this user pool.')
        const record = await oneHere(key)
        return { records: record === undefined ? [] : [record], isLast: true }
      },
    },
  }
}
