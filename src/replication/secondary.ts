// What a Region does for the pools of which it has a secondary: follows each, reports, carries revocations, keeps its registration true, and drops what is dismissed.
import { type RegisteredPool, regionalSettings, replicas, userPools } from '../directory/records/user-pool.ts'
import type { LogEntry } from '../store/store.ts'
import type { Keyring } from '../vault/keyring.ts'
import { Fault, isFault } from '../wire/fault.ts'
import { type Follower, type FollowerStatus, startFollower } from './follower.ts'
import { checkKeyPermission } from './key-permission.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler } from './peer-port.ts'
import { onConflictAgain, type Registrations } from './registrations.ts'
import { type Repeater, startRepeater } from './repeater.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { carryRevocations } from './revocation-courier.ts'
import { isSameStatus, mergeStatus, type StatusRegister, setStatus } from './status-register.ts'
import type { BackOffLimits } from './timer.ts'

/** Everything that runs for one pool. */
type Member = {
  readonly follower: Follower
  readonly reporter: Repeater
  readonly courier: Repeater
  readonly reader: Repeater
}

export type Secondary = {
  /** Starts following every pool of which this Region has a secondary. */
  resume(): Promise<void>
  /** Sets the status of this Region's own replica; resolves with what it then is. */
  setOwnStatus(poolId: string, status: 'ACTIVE' | 'INACTIVE'): Promise<StatusRegister>
  revocationMade(poolId: string): void
  /** False when no replica of the pool is followed here. */
  recopy(poolId: string): boolean
  statuses(): readonly FollowerStatus[]
  readonly calls: Readonly<Record<'replica-create' | 'replica-delete' | 'set-status', PeerCallHandler>>
  close(): Promise<void>
}

const backOff: BackOffLimits = { firstMs: 200, mostMs: 10_000 }
const reportPauseMs = 200
const reportEveryMs = 5_000
const courierPauseMs = 20
const courierEveryMs = 60_000
const readerPauseMs = 20

/** The first failures in a row are logged, then every 50th: an outage of hours must not fill a disk. */
export const isWorthALine = (failures: number): boolean => failures <= 2 || failures % 50 === 0

const collectionOf = (key: string): string => key.split('/', 2)[1] ?? ''

const collectionsIn = (entries: readonly LogEntry[]): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const { puts, deletes } of entries) {
    for (const { key } of puts) names.add(collectionOf(key))
    for (const { key } of deletes) names.add(collectionOf(key))
  }
  return names
}

export const createSecondary = (parts: ReplicationParts, registrations: Registrations): Secondary => {
  const { region, vault, store, clock, random, timer, transport, log } = parts
  const members = new Map<string, Member>()
  const leaving = new Map<string, Promise<void>>()
  const drops = new Map<string, Promise<void>>()

  const registered = async (poolId: string): Promise<RegisteredPool> => {
    const pool = await registrations.get(poolId)
    if (pool === undefined || pool.role !== 'SECONDARY')
      throw new Fault('ResourceNotFoundException', `Region ${region} has no replica of user pool ${poolId}.`)
    return pool
  }

  /** Ends the creation: regional settings of its own, then INACTIVE, or what it was before it was copied anew. */
  const settle = async (poolId: string): Promise<void> => {
    vault.forget(poolId)
    const pool = await registered(poolId)
    if (pool.status !== 'CREATING') return
    const { secondary } = vault.pool(poolId)
    await onConflictAgain(async () => {
      if ((await secondary.get(regionalSettings, poolId)) !== undefined) return
      await secondary.commit((changes) =>
        changes.create(regionalSettings, { poolId, tags: pool.initialTags ?? {} }),
      )
    })
    const told = (await secondary.get(replicas, region))?.value
    await registrations.update(poolId, (current) => {
      if (current.status !== 'CREATING') return current
      const { initialTags: _made, statusAfterCopy, ...rest } = current
      // Set at the primary while the copy ran: that is the later wish.
      const isToldLater =
        told !== undefined && told.status !== 'CREATING' && told.statusAtMs > current.statusAtMs
      const register = isToldLater
        ? { status: told.status, statusAtMs: told.statusAtMs }
        : setStatus(current, statusAfterCopy ?? 'INACTIVE', clock.now())
      return { ...rest, ...register }
    })
    log.info({ poolId, region }, 'the replica is complete')
  }

  /** While data is dropped and copied anew the replica serves nobody. */
  const unsettle = async (poolId: string): Promise<void> => {
    await registrations.update(poolId, (current) =>
      current.status === 'ACTIVE' || current.status === 'INACTIVE'
        ? { ...current, ...setStatus(current, 'CREATING', clock.now()), statusAfterCopy: current.status }
        : current,
    )
    vault.forget(poolId)
  }

  /** Takes over what the primary's records say of the pool and its replicas. */
  const readRecords = async (poolId: string): Promise<void> => {
    if ((await store.head(poolId)).copy !== undefined) return
    const { secondary } = vault.pool(poolId)
    const [pool, listed] = await Promise.all([
      secondary.get(userPools, poolId),
      secondary.list(replicas, { limit: 100 }),
    ])
    const all = listed.items.map(({ value }) => value)
    const own = all.find(({ regionName }) => regionName === region)
    const replicaRegions = all
      .filter(({ role }) => role === 'SECONDARY')
      .map(({ regionName }) => regionName)
      .toSorted()
    const changed = await registrations.update(poolId, (current) => {
      const register =
        own === undefined || current.status === 'CREATING' ? current : mergeStatus(current, own)
      const name = pool?.value.name ?? current.name
      const modifiedAtMs = pool?.value.modifiedAtMs ?? current.modifiedAtMs
      const isSame =
        isSameStatus(register, current) &&
        name === current.name &&
        modifiedAtMs === current.modifiedAtMs &&
        replicaRegions.join() === current.replicaRegions.join()
      const { status, statusAtMs } = register
      return isSame ? current : { ...current, name, modifiedAtMs, replicaRegions, status, statusAtMs }
    })
    // The primary is about to dismiss this replica: what it holds is not followed any further. Not waited for: this runs inside a part of it.
    if (changed.status === 'DELETING') void leave(poolId)
  }

  const report = async (poolId: string, follower: Follower): Promise<void> => {
    const { status, statusAtMs, primaryRegion } = await registered(poolId)
    const { position, lastDelayMs } = follower.status()
    await transport.call(primaryRegion, 'report', {
      poolId,
      position,
      appliedAtMs: clock.now(),
      status,
      statusAtMs,
      ...(lastDelayMs === undefined ? {} : { delayMs: lastDelayMs }),
    })
  }

  const repeat = (
    poolId: string,
    what: string,
    timing: { readonly pauseMs: number; readonly everyMs?: number },
    run: () => Promise<void>,
  ): Repeater =>
    startRepeater({
      timer,
      random,
      backOff,
      ...timing,
      run: async () => {
        await run()
        return undefined
      },
      failed: (error, failures) => {
        if (isWorthALine(failures)) log.warn({ poolId, err: error, failures }, `${what} failed`)
      },
    })

  const join = (pool: RegisteredPool): void => {
    const { poolId, primaryRegion } = pool
    if (members.has(poolId)) return
    const reporter = repeat(
      poolId,
      'a report to the primary',
      { pauseMs: reportPauseMs, everyMs: reportEveryMs },
      () => report(poolId, follower),
    )
    const reader = repeat(poolId, 'reading the replica records', { pauseMs: readerPauseMs }, () =>
      readRecords(poolId),
    )
    const courier = repeat(
      poolId,
      'delivering revocations to the primary',
      { pauseMs: courierPauseMs, everyMs: courierEveryMs },
      async () => {
        // Before the first copy is whole there are no keys here, and nobody who could revoke anything.
        if ((await registered(poolId)).status === 'CREATING') return
        await carryRevocations({ poolId, primaryRegion, vault, transport, clock })
      },
    )
    const nudgeAll = (): void => {
      reporter.nudge()
      reader.nudge()
      courier.nudge()
    }
    const follower = startFollower({
      poolId,
      primaryRegion,
      store,
      transport,
      clock,
      random,
      timer,
      log,
      checkKeyring: (keyring: Keyring) => checkKeyPermission(keyring, parts),
      ...parts.followerTiming,
      hooks: {
        copyBegins: () => unsettle(poolId),
        copyIsWhole: async () => {
          await settle(poolId)
          nudgeAll()
        },
        applied: (head, entries) => {
          if (entries.length === 0) return
          reporter.nudge()
          parts.applied?.(poolId, entries)
          if (head.copy !== undefined) return
          const touched = collectionsIn(entries)
          if (touched.has('keyring')) vault.forget(poolId)
          if (touched.has('replicas') || touched.has('pool')) reader.nudge()
          if (touched.has('revocations')) courier.nudge()
        },
        stateChanged: () => reporter.nudge(),
      },
    })
    members.set(poolId, { follower, reporter, courier, reader })
    reporter.nudge()
    courier.nudge()
  }

  /** Stops everything that runs for the pool; resolves when it has. */
  const leave = (poolId: string): Promise<void> => {
    const member = members.get(poolId)
    if (member === undefined) return leaving.get(poolId) ?? Promise.resolve()
    members.delete(poolId)
    const { follower, reporter, courier, reader } = member
    const ended = Promise.all([follower, reporter, courier, reader].map((part) => part.stop()))
      .then(() => undefined)
      .finally(() => leaving.delete(poolId))
    leaving.set(poolId, ended)
    return ended
  }

  /** Revocations made here must not go with the replica (SPEC.md, I5). Only a key that can't be used any more leaves no way to read them. */
  const deliverTheLast = async (poolId: string): Promise<void> => {
    const { primaryRegion } = await registered(poolId)
    try {
      await carryRevocations({ poolId, primaryRegion, vault, transport, clock })
    } catch (error) {
      if (!isFault(error)) throw error
      log.warn({ poolId, err: error }, 'the replica goes, and its undelivered revocations can not be read')
    }
  }

  const drop = async (poolId: string): Promise<void> => {
    await registrations.update(poolId, (current) =>
      current.status === 'DELETING'
        ? current
        : { ...current, ...setStatus(current, 'DELETING', clock.now()) },
    )
    await leave(poolId)
    await deliverTheLast(poolId)
    await store.dropScope(poolId)
    await store.dropScope(`@${poolId}`)
    vault.forget(poolId)
    await registrations.remove(poolId)
    log.info({ poolId, region }, 'the replica is gone')
  }

  const setOwnStatus = async (poolId: string, status: 'ACTIVE' | 'INACTIVE'): Promise<StatusRegister> => {
    await registered(poolId)
    const changed = await registrations.update(poolId, (current) => {
      if (current.status === 'CREATING' || current.status === 'DELETING')
        throw new Fault(
          'InvalidParameterException',
          `The replica in ${region} is ${current.status}. Its status can be changed when it is INACTIVE or ACTIVE.`,
        )
      return current.status === status ? current : { ...current, ...setStatus(current, status, clock.now()) }
    })
    members.get(poolId)?.reporter.nudge()
    return { status: changed.status, statusAtMs: changed.statusAtMs }
  }

  return {
    resume: async () => {
      for await (const pool of registrations.all())
        if (pool.role === 'SECONDARY' && pool.status !== 'DELETING') join(pool)
    },
    setOwnStatus,
    revocationMade: (poolId) => members.get(poolId)?.courier.nudge(),
    recopy: (poolId) => {
      const member = members.get(poolId)
      member?.follower.recopy()
      return member !== undefined
    },
    statuses: () => [...members.values()].map(({ follower }) => follower.status()),
    calls: {
      'replica-create': async (fromRegion, body) => {
        const fields = readFields(body)
        const poolId = fields.text('poolId')
        const known = await registrations.get(poolId)
        if (known !== undefined) {
          const isInvitedAgain =
            known.role === 'SECONDARY' && known.primaryRegion === fromRegion && known.status !== 'DELETING'
          if (isInvitedAgain) return {}
          throw new Fault('InvalidParameterException', `Region ${region} still has a replica of ${poolId}.`)
        }
        const tags = fields.optionalTextMap('tags')
        const pool: RegisteredPool = {
          poolId,
          name: fields.text('name'),
          createdAtMs: fields.count('createdAtMs'),
          modifiedAtMs: fields.count('modifiedAtMs'),
          role: 'SECONDARY',
          status: 'CREATING',
          statusAtMs: fields.count('statusAtMs'),
          primaryRegion: fromRegion,
          replicaRegions: fields.list('replicaRegions', 100).map(String),
          ...(tags === undefined ? {} : { initialTags: tags }),
        }
        await registrations.add(pool)
        join(pool)
        return {}
      },
      'replica-delete': async (fromRegion, body) => {
        const poolId = readFields(body).text('poolId')
        const known = await registrations.get(poolId)
        if (known === undefined) return {}
        if (known.role !== 'SECONDARY' || known.primaryRegion !== fromRegion)
          throw new Fault(
            'InvalidParameterException',
            `${fromRegion} is not the primary Region of ${poolId}.`,
          )
        const dropping = drops.get(poolId) ?? drop(poolId).finally(() => drops.delete(poolId))
        drops.set(poolId, dropping)
        await dropping
        return {}
      },
      'set-status': async (_fromRegion, body) => {
        const fields = readFields(body)
        return setOwnStatus(fields.text('poolId'), fields.oneOf('status', ['ACTIVE', 'INACTIVE']))
      },
    },
    close: async () => {
      await Promise.all([...members.keys()].map(leave))
      await Promise.allSettled([...leaving.values(), ...drops.values()])
    },
  }
}
