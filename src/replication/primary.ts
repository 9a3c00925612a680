// What a Region does for the pools of which it is the primary: invites and dismisses replicas, feeds them, takes their reports, trims the log.
import type { RegisteredPool } from '../directory/records/user-pool.ts'
import { Fault } from '../wire/fault.ts'
import { createCopyHandlers } from './copy.ts'
import { createErrandRunner, type OpenErrand } from './errand-runner.ts'
import { createFeed } from './feed.ts'
import { createReportedPositions, type Lag, lagAtPrimary } from './lag.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler, PeerStreamHandler } from './peer-port.ts'
import type { Errand, Registrations } from './registrations.ts'
import { epochOf, reignOf } from './reign.ts'
import { type Repeater, startRepeater } from './repeater.ts'
import { replicaErrands } from './replica-errands.ts'
import type { ReplicaRecords } from './replica-records.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { createRevocationsHandler } from './revocation-courier.ts'
import { isSameStatus, mergeReport, type StatusRegister, setStatus } from './status-register.ts'
import type { BackOffLimits } from './timer.ts'
import { raiseFence } from './write-guard.ts'

/** Secondaries that one pool may have (spec/replication.md, "Names"). */
export const replicasMax = 5

export type ReplicaName = { readonly poolId: string; readonly regionName: string }

export type Primary = {
  /** Takes up what was still to be told when the process ended, and starts trimming. */
  resume(): Promise<void>
  /** Enters a new replica and invites its Region; resolves once that can't be lost. Rejects with a Fault. */
  createReplica(
    pool: RegisteredPool,
    regionName: string,
    tags: Readonly<Record<string, string>> | undefined,
  ): Promise<void>
  /** Enters a Region that has a replica which follows this one; does nothing if it is entered. Rejects with a Fault. */
  enterStray(poolId: string, regionName: string): Promise<void>
  /** Replicas that have reported nothing for so long, though nothing is left to be told to them. */
  silent(forMs: number): Promise<readonly ReplicaName[]>
  /** Invites a Region that lost its replica; does nothing if it is none any more, or is being told something already. */
  inviteAgain(replica: ReplicaName): Promise<void>
  setReplicaStatus(poolId: string, regionName: string, status: 'ACTIVE' | 'INACTIVE'): Promise<StatusRegister>
  deleteReplica(poolId: string, regionName: string): Promise<void>
  poolDeleted(poolId: string): void
  lags(): Promise<readonly Lag[]>
  /** What could not be told to other Regions yet, and why. */
  openErrands(): readonly OpenErrand[]
  /** Begins with errands that are stored. */
  runErrands(list: readonly Errand[]): void
  /** A replica has more than this Region, which from then on takes no writes of the pool (SPEC.md, "A primary that is older"). */
  noteOlder(poolId: string, replicaRegion: string, position: number): Promise<void>
  /** Rejects with a Fault unless the Region has a replica that is fed from here. */
  authorise(poolId: string, fromRegion: string): Promise<void>
  /** This Region is the pool's primary no more: ends what it does as such. */
  leave(poolId: string): Promise<void>
  readonly calls: Readonly<Record<'copy-begin' | 'report' | 'revocations', PeerCallHandler>>
  readonly streams: Readonly<Record<'copy' | 'feed', PeerStreamHandler>>
  close(): Promise<void>
}

const backOff: BackOffLimits = { firstMs: 200, mostMs: 10_000 }
const trimEveryMs = 30_000
/** A log is trimmed when at least so many entries can go. */
const trimBatch = 1_000
/** What a secondary keeps of the log, for replicas that will follow it after a promotion. */
const keptAtSecondary = 10_000

export const createPrimary = (
  parts: ReplicationParts,
  registrations: Registrations,
  records: ReplicaRecords,
  /** Hears of a Region that knows of a later primary than this one. */
  succeeded: (poolId: string, byRegion: string) => void,
): Primary => {
  const { region, store, clock, random, timer, log } = parts
  const closing = new AbortController()
  const positions = createReportedPositions(clock)
  const errands = createErrandRunner(
    replicaErrands(parts, registrations, records, positions.forget, succeeded),
    parts,
  )
  const trimmedTo = new Map<string, number>()
  let trimming: Repeater | undefined

  const notAReplica = (poolId: string, fromRegion: string): Fault =>
    new Fault('NotAReplica', `${poolId} has no replica in ${fromRegion} that follows ${region}.`)

  /** Known without opening anything of the pool, so that a closed key of this Region stops no replica. */
  const authoriseEntered = async (poolId: string, fromRegion: string): Promise<void> => {
    const pool = await registrations.get(poolId)
    if (pool?.role !== 'PRIMARY' || !pool.replicaRegions.includes(fromRegion))
      throw notAReplica(poolId, fromRegion)
  }

  /** A Region is fed while it is entered as a replica and not dismissed. */
  const authorise = async (poolId: string, fromRegion: string): Promise<void> => {
    await authoriseEntered(poolId, fromRegion)
    if ((await registrations.errand(poolId, fromRegion))?.kind === 'dismiss')
      throw notAReplica(poolId, fromRegion)
  }

  const trim = async (): Promise<void> => {
    for await (const { poolId, role, replicaRegions } of registrations.all()) {
      const { position, copy } = await store.head(poolId)
      if (copy !== undefined) continue
      // The entry at the slowest position stays, so that a follower that comes back can be compared with it.
      const upTo =
        role === 'SECONDARY'
          ? position - keptAtSecondary
          : (replicaRegions.length === 0 ? position : (positions.lowest(poolId, replicaRegions) ?? 0)) - 1
      if (upTo - (trimmedTo.get(poolId) ?? 0) < trimBatch) continue
      await store.trimLog(poolId, upTo)
      trimmedTo.set(poolId, upTo)
    }
  }

  const report: PeerCallHandler = async (fromRegion, body) => {
    const fields = readFields(body)
    const poolId = fields.text('poolId')
    const told: StatusRegister = {
      status: fields.oneOf('status', ['CREATING', 'INACTIVE', 'ACTIVE', 'DELETING']),
      statusAtMs: fields.count('statusAtMs'),
    }
    await authorise(poolId, fromRegion)
    positions.set(poolId, fromRegion, fields.count('position'))
    await records.update(poolId, fromRegion, (current) => {
      const merged = mergeReport(current, told)
      return isSameStatus(merged, current) ? current : { ...current, ...merged }
    })
    return {}
  }

  const noteOlder: Primary['noteOlder'] = async (poolId, replicaRegion, position) => {
    let isNew = false
    await registrations.update(poolId, (current) => {
      const reign = reignOf(current)
      isNew =
        current.role === 'PRIMARY' &&
        reign.isOpening !== true &&
        (reign.isOlderThan?.position ?? 0) < position
      return isNew
        ? { ...current, reign: { ...reign, isOlderThan: { region: replicaRegion, position } } }
        : current
    })
    if (!isNew) return
    await raiseFence(store, poolId)
    log.error(
      { poolId, region, replicaRegion, position, ownPosition: (await store.head(poolId)).position },
      'this primary was set back to an earlier state than its replica; it takes no writes until one of the two is promoted',
    )
  }

  const reign = async (poolId: string): Promise<number> => {
    const pool = await registrations.get(poolId)
    return pool === undefined ? 0 : epochOf(reignOf(pool).takeovers)
  }

  const copyHandlers = createCopyHandlers({
    store,
    clock,
    timer,
    authorise,
    copying: positions.set,
    reign,
    closing: closing.signal,
    ...(parts.copyFrameRecordsMax === undefined ? {} : { frameRecordsMax: parts.copyFrameRecordsMax }),
  })

  return {
    resume: async () => {
      for await (const errand of registrations.allErrands()) errands.run(errand)
      trimming = startRepeater({
        timer,
        random,
        backOff,
        pauseMs: 0,
        everyMs: trimEveryMs,
        run: async () => {
          await trim()
          return undefined
        },
        failed: (error) => log.warn({ err: error }, 'trimming change logs failed'),
      })
    },
    createReplica: async (pool, regionName, tags) => {
      const { poolId } = pool
      const errand: Errand = { poolId, regionName, kind: 'invite', ...(tags === undefined ? {} : { tags }) }
      await registrations.updateWithErrand(errand, (current) => {
        if (current.replicaRegions.includes(regionName))
          throw new Fault(
            'InvalidParameterException',
            `User pool ${poolId} already has a replica in ${regionName}.`,
          )
        if (current.replicaRegions.length >= replicasMax)
          throw new Fault(
            'LimitExceededException',
            `User pool ${poolId} has ${replicasMax} replicas; that is the most a user pool can have.`,
          )
        return { ...current, replicaRegions: [...current.replicaRegions, regionName].toSorted() }
      })
      try {
        await records.enter(poolId, {
          regionName,
          role: 'SECONDARY',
          status: 'CREATING',
          statusAtMs: clock.now(),
        })
      } finally {
        // It is stored and will be carried out, whatever the caller is told.
        errands.run(errand)
      }
    },
    enterStray: async (poolId, regionName) => {
      const errand: Errand = { poolId, regionName, kind: 'announce' }
      const pool = await registrations.get(poolId)
      if (pool?.role !== 'PRIMARY' || reignOf(pool).isOpening === true) throw notAReplica(poolId, regionName)
      if (pool.replicaRegions.includes(regionName)) return
      await registrations.updateWithErrand(errand, (current) => {
        if (current.role !== 'PRIMARY' || current.replicaRegions.length >= replicasMax)
          throw notAReplica(poolId, regionName)
        return {
          ...current,
          replicaRegions: [...new Set([...current.replicaRegions, regionName])].toSorted(),
        }
      })
      log.warn({ poolId, regionName }, 'a replica that a takeover had left behind is entered')
      try {
        // What the replica itself says of its status is later than this.
        await records.enter(poolId, { regionName, role: 'SECONDARY', status: 'CREATING', statusAtMs: 0 })
      } finally {
        errands.run(errand)
      }
    },
    silent: async (forMs) => {
      const silent: ReplicaName[] = []
      for await (const { poolId, role, replicaRegions } of registrations.all())
        for (const regionName of role === 'PRIMARY' ? replicaRegions : []) {
          const heardAtMs = positions.of(poolId, regionName)?.reportedAtMs ?? positions.startedAtMs
          if (clock.now() - heardAtMs < forMs) continue
          if ((await registrations.errand(poolId, regionName)) === undefined)
            silent.push({ poolId, regionName })
        }
      return silent
    },
    inviteAgain: async ({ poolId, regionName }) => {
      const errand: Errand = { poolId, regionName, kind: 'invite' }
      const isAdded = await registrations.addErrand(
        errand,
        (pool) =>
          pool.role === 'PRIMARY' &&
          pool.replicaRegions.includes(regionName) &&
          reignOf(pool).isOpening !== true,
      )
      if (!isAdded) return
      log.warn({ poolId, regionName }, 'the Region has lost its replica, and is invited again')
      try {
        await records.update(poolId, regionName, (current) =>
          current.status === 'ACTIVE' || current.status === 'INACTIVE'
            ? { ...current, ...setStatus(current, 'CREATING', clock.now()) }
            : current,
        )
      } finally {
        errands.run(errand)
      }
    },
    setReplicaStatus: async (poolId, regionName, status) => {
      const { status: now, statusAtMs } = await records.update(poolId, regionName, (current) => {
        if (current.status === 'CREATING' || current.status === 'DELETING')
          throw new Fault(
            'InvalidParameterException',
            `The replica in ${regionName} is ${current.status}. Its status can be changed when it is INACTIVE or ACTIVE.`,
          )
        return current.status === status
          ? current
          : { ...current, ...setStatus(current, status, clock.now()) }
      })
      return { status: now, statusAtMs }
    },
    deleteReplica: async (poolId, regionName) => {
      const { status } = await records.get(poolId, regionName)
      if (status !== 'INACTIVE' && status !== 'DELETING')
        throw new Fault(
          'InvalidParameterException',
          `The replica in ${regionName} is ${status}. Only an INACTIVE replica can be deleted: set its status to INACTIVE with UpdateUserPoolReplica first.`,
        )
      const errand: Errand = { poolId, regionName, kind: 'dismiss' }
      await registrations.updateWithErrand(errand, (current) => current)
      try {
        await records.update(poolId, regionName, (current) =>
          current.status === 'DELETING'
            ? current
            : { ...current, ...setStatus(current, 'DELETING', clock.now()) },
        )
      } finally {
        errands.run(errand)
      }
    },
    poolDeleted: (poolId) => {
      positions.forget(poolId)
      trimmedTo.delete(poolId)
    },
    lags: async () => {
      const lags: Lag[] = []
      for await (const { poolId, role, replicaRegions } of registrations.all())
        if (role === 'PRIMARY')
          for (const name of replicaRegions)
            lags.push(await lagAtPrimary(poolId, name, { store, clock, positions }))
      return lags
    },
    openErrands: errands.open,
    runErrands: (list) => list.forEach(errands.run),
    authorise,
    noteOlder,
    leave: async (poolId) => {
      await errands.stopFor(poolId)
      positions.forget(poolId)
      trimmedTo.delete(poolId)
    },
    calls: {
      'copy-begin': copyHandlers.begin,
      report,
      // A replica that is being dismissed still brings what it has.
      revocations: createRevocationsHandler({
        authorise: authoriseEntered,
        acceptRevocations: parts.acceptRevocations,
      }),
    },
    streams: {
      copy: copyHandlers.records,
      feed: createFeed({
        store,
        clock,
        timer,
        authorise,
        reign,
        foundOlder: noteOlder,
        closing: closing.signal,
        ...parts.feedTiming,
      }),
    },
    close: async () => {
      closing.abort()
      await Promise.all([trimming?.stop(), errands.close()])
    },
  }
}
