// What a Region does for the pools of which it is the primary: invites and dismisses replicas, feeds them, takes their reports, trims the log.
import { type RegisteredPool, type Replica, replicas } from '../directory/records/user-pool.ts'
import { Fault } from '../wire/fault.ts'
import { createCopyHandlers } from './copy.ts'
import { createFeed } from './feed.ts'
import { createReportedPositions, type Lag, lagAtPrimary } from './lag.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler, PeerStreamHandler } from './peer-port.ts'
import { type Errand, errandKey, onConflictAgain, type Registrations } from './registrations.ts'
import { type Repeater, startRepeater } from './repeater.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { createRevocationsHandler } from './revocation-courier.ts'
import { isWorthALine } from './secondary.ts'
import { isSameStatus, mergeStatus, type StatusRegister, setStatus } from './status-register.ts'
import type { BackOffLimits } from './timer.ts'

/** Secondaries that one pool may have (spec/replication.md, "Names"). */
export const replicasMax = 5

export type Primary = {
  /** Takes up what was still to be told when the process ended, and starts trimming. */
  resume(): Promise<void>
  /** Enters a new replica and invites its Region; resolves once that can't be lost. Rejects with a Fault. */
  createReplica(
    pool: RegisteredPool,
    regionName: string,
    tags: Readonly<Record<string, string>> | undefined,
  ): Promise<void>
  setReplicaStatus(poolId: string, regionName: string, status: 'ACTIVE' | 'INACTIVE'): Promise<StatusRegister>
  deleteReplica(poolId: string, regionName: string): Promise<void>
  poolDeleted(poolId: string): void
  lags(): Promise<readonly Lag[]>
  /** What could not be told to other Regions yet, and why. */
  openErrands(): readonly { readonly errand: Errand; readonly reason?: string }[]
  readonly calls: Readonly<Record<'copy-begin' | 'copy-page' | 'report' | 'revocations', PeerCallHandler>>
  readonly streams: Readonly<Record<'feed', PeerStreamHandler>>
  close(): Promise<void>
}

const backOff: BackOffLimits = { firstMs: 200, mostMs: 10_000 }
const dismissTimeoutMs = 60_000
const trimEveryMs = 30_000
/** A log is trimmed when at least so many entries can go. */
const trimBatch = 1_000
/** What a secondary keeps of the log, for replicas that will follow it after a promotion. */
const keptAtSecondary = 10_000

export const createPrimary = (parts: ReplicationParts, registrations: Registrations): Primary => {
  const { region, vault, store, clock, random, timer, transport, log } = parts
  const positions = createReportedPositions(clock)
  const running = new Map<string, { readonly errand: Errand; readonly repeater: Repeater; reason?: string }>()
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

  const replicaOf = async (poolId: string, regionName: string) => {
    const stored = await vault.pool(poolId).primary.get(replicas, regionName)
    if (stored?.value.role !== 'SECONDARY')
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} has no replica in ${regionName}.`)
    return stored
  }

  /** Changes a replica's record; `change` returns the same object for no change. */
  const updateReplica = (
    poolId: string,
    regionName: string,
    change: (current: Replica) => Replica,
  ): Promise<Replica> =>
    onConflictAgain(async () => {
      const stored = await replicaOf(poolId, regionName)
      const next = change(stored.value)
      if (next !== stored.value)
        await vault.pool(poolId).primary.commit((changes) => changes.replace(replicas, stored, next))
      return next
    })

  const enterReplica = (poolId: string, regionName: string): Promise<Replica> =>
    onConflictAgain(async () => {
      const { primary } = vault.pool(poolId)
      const stored = await primary.get(replicas, regionName)
      if (stored !== undefined) return stored.value
      const replica: Replica = {
        regionName,
        role: 'SECONDARY',
        status: 'CREATING',
        statusAtMs: clock.now(),
      }
      await primary.commit((changes) => changes.create(replicas, replica))
      return replica
    })

  const invite = async (errand: Errand): Promise<void> => {
    const { poolId, regionName, tags } = errand
    const pool = await registrations.get(poolId)
    if (pool === undefined || !pool.replicaRegions.includes(regionName)) return
    const { statusAtMs } = await enterReplica(poolId, regionName)
    const { name, createdAtMs, modifiedAtMs, replicaRegions } = pool
    await transport.call(regionName, 'replica-create', {
      poolId,
      name,
      createdAtMs,
      modifiedAtMs,
      replicaRegions,
      statusAtMs,
      ...(tags === undefined ? {} : { tags }),
    })
    await registrations.finishErrand(errand, (current) => current)
  }

  const dismiss = async (errand: Errand): Promise<void> => {
    const { poolId, regionName } = errand
    const { primary } = vault.pool(poolId)
    const markDeleting = (current: Replica): Replica =>
      current.status === 'DELETING' ? current : { ...current, ...setStatus(current, 'DELETING', clock.now()) }
    if ((await primary.get(replicas, regionName)) !== undefined)
      await updateReplica(poolId, regionName, markDeleting)
    await transport.call(regionName, 'replica-delete', { poolId }, { timeoutMs: dismissTimeoutMs })
    await onConflictAgain(async () => {
      const stored = await primary.get(replicas, regionName)
      if (stored !== undefined) await primary.commit((changes) => changes.delete(replicas, stored))
    })
    positions.forget(poolId, regionName)
    await registrations.finishErrand(errand, (current) => ({
      ...current,
      replicaRegions: current.replicaRegions.filter((name) => name !== regionName),
    }))
  }

  const errandRuns = { invite, dismiss } as const

  const runErrand = (errand: Errand): void => {
    const key = `${errand.kind} ${errandKey(errand.poolId, errand.regionName)}`
    if (running.has(key)) return
    const entry: { errand: Errand; repeater: Repeater; reason?: string } = {
      errand,
      repeater: startRepeater({
        timer,
        random,
        backOff,
        pauseMs: 0,
        run: async () => {
          await errandRuns[errand.kind](errand)
          running.delete(key)
          return 'done'
        },
        failed: (error, failures) => {
          entry.reason = error instanceof Error ? error.message : 'it failed'
          const { poolId, regionName, kind } = errand
          if (isWorthALine(failures))
            log.warn({ poolId, regionName, kind, err: error, failures }, 'a Region could not be told')
        },
      }),
    }
    running.set(key, entry)
    entry.repeater.nudge()
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
    await updateReplica(poolId, fromRegion, (current) => {
      const merged = mergeStatus(current, told)
      return isSameStatus(merged, current) ? current : { ...current, ...merged }
    })
    return {}
  }

  const copyHandlers = createCopyHandlers({ store, authorise, copying: positions.set })

  return {
    resume: async () => {
      for await (const errand of registrations.allErrands()) runErrand(errand)
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
      await enterReplica(poolId, regionName)
      runErrand(errand)
    },
    setReplicaStatus: async (poolId, regionName, status) => {
      const { status: now, statusAtMs } = await updateReplica(poolId, regionName, (current) => {
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
      const { value } = await replicaOf(poolId, regionName)
      if (value.status !== 'INACTIVE' && value.status !== 'DELETING')
        throw new Fault(
          'InvalidParameterException',
          `The replica in ${regionName} is ${value.status}. Only an INACTIVE replica can be deleted: set its status to INACTIVE with UpdateUserPoolReplica first.`,
        )
      const errand: Errand = { poolId, regionName, kind: 'dismiss' }
      await registrations.updateWithErrand(errand, (current) => current)
      await updateReplica(poolId, regionName, (current) =>
        current.status === 'DELETING'
          ? current
          : { ...current, ...setStatus(current, 'DELETING', clock.now()) },
      )
      runErrand(errand)
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
    openErrands: () =>
      [...running.values()].map(({ errand, reason }) => ({
        errand,
        ...(reason === undefined ? {} : { reason }),
      })),
    calls: {
      'copy-begin': copyHandlers.begin,
      'copy-page': copyHandlers.page,
      report,
      // A replica that is being dismissed still brings what it has.
      revocations: createRevocationsHandler({
        authorise: authoriseEntered,
        acceptRevocations: parts.acceptRevocations,
      }),
    },
    streams: { feed: createFeed({ store, clock, timer, authorise, ...parts.feedTiming }) },
    close: async () => {
      await Promise.all([trimming?.stop(), ...[...running.values()].map(({ repeater }) => repeater.stop())])
    },
  }
}
