// What an operator may ask of replication, in the words of models/twinpool.json.
import {
  type Acknowledgement,
  type RegisteredPool,
  type Takeover,
  takesWrites,
} from '../directory/records/user-pool.ts'
import type { StoreRecord } from '../store/store.ts'
import { Fault } from '../wire/fault.ts'
import { acknowledgements } from './acknowledgement.ts'
import type { Comparison, Difference } from './comparison.ts'
import { type Confirmations, modeLifetimeMs } from './confirmations.ts'
import type {
  AcknowledgementShape,
  DifferenceShape,
  OperatorActions,
  ReplicationShape,
  SetAsideShape,
  TakeoverShape,
} from './operator-shapes.ts'
import type { Primary } from './primary.ts'
import type { Promotion } from './promotion.ts'
import type { Reapply } from './reapply.ts'
import { onConflictAgain, type Registrations } from './registrations.ts'
import { reignOf } from './reign.ts'
import type { ReplicaRecords } from './replica-records.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { Secondary } from './secondary.ts'
import type { SetAside, SetAsideWrites } from './set-aside.ts'

const setAsidePerPage = 50

const shapeOf = ({ epoch, region, position, digest, atMs, isForced }: Takeover): TakeoverShape => ({
  Epoch: epoch,
  RegionName: region,
  Position: position,
  Digest: digest,
  Date: new Date(atMs),
  Forced: isForced,
})

const differenceShape = ({ key, versionHere, versionThere }: Difference): DifferenceShape => {
  const [, Collection = '', Key = ''] = key.split('/', 3)
  return {
    Collection,
    Key,
    ...(versionHere === undefined ? {} : { VersionHere: versionHere }),
    ...(versionThere === undefined ? {} : { VersionThere: versionThere }),
  }
}

export const createOperatorActions = (
  { store, vault, timer }: Pick<ReplicationParts, 'store' | 'vault' | 'timer'>,
  registrations: Registrations,
  roles: {
    readonly primary: Pick<Primary, 'lags'>
    readonly secondary: Pick<Secondary, 'statusOf'>
    readonly promotion: Pick<Promotion, 'promote'>
    readonly records: ReplicaRecords
    readonly setAside: SetAsideWrites
    readonly reapply: Reapply
    readonly comparison: Pick<Comparison, 'compare'>
    readonly confirmations: Pick<Confirmations, 'modeChanged' | 'states'>
  },
): OperatorActions => {
  const registered = async (poolId: string): Promise<RegisteredPool> => {
    const pool = await registrations.get(poolId)
    if (pool === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    return pool
  }

  const replicasOf = async (poolId: string): Promise<NonNullable<ReplicationShape['Replicas']>> => {
    const lags = (await roles.primary.lags()).filter((lag) => lag.poolId === poolId)
    const entered = await roles.records.all(poolId)
    return entered.map(({ regionName, status }) => {
      const lag = lags.find(({ replicaRegion }) => replicaRegion === regionName)
      return {
        RegionName: regionName,
        Status: status,
        WritesBehind: lag?.positionsBehind ?? 0,
        MillisecondsBehind: lag?.millisecondsBehind ?? 0,
      }
    })
  }

  const identified = async (
    poolId: string,
    record: StoreRecord | undefined,
    key: string,
  ): Promise<{ readonly Collection: string; readonly Name?: string }> => {
    const known = record === undefined ? undefined : await vault.stored(poolId).identify(record)
    return {
      Collection: key.split('/', 2)[1] ?? '',
      ...(known === undefined ? {} : { Name: known.name }),
    }
  }

  const setAsideShape = async (poolId: string, { id, entry }: SetAside): Promise<SetAsideShape> => ({
    Id: id,
    Epoch: entry.epoch,
    Position: entry.position,
    Date: new Date(entry.committedAtMs),
    Changes: [
      ...(await Promise.all(
        entry.puts.map(async (put) => ({
          ...(await identified(poolId, put, put.key)),
          Action: 'PUT' as const,
        })),
      )),
      ...(await Promise.all(
        entry.deletes.map(async ({ key }) => ({
          ...(await identified(poolId, await store.get(key), key)),
          Action: 'DELETE' as const,
        })),
      )),
    ],
  })

  const shapeOfMode = ({ whenNoneAnswers }: Acknowledgement): AcknowledgementShape => ({
    Mode: 'SYNCHRONOUS',
    WhenNoneAnswers: whenNoneAnswers === 'refuse' ? 'REFUSE' : 'CONTINUE',
  })

  /** Only the primary knows. Before the first write nothing speaks against it. */
  const confirmedAt = ({ role, poolId }: RegisteredPool): { readonly Confirmed?: boolean } => {
    if (role !== 'PRIMARY') return {}
    const state = roles.confirmations.states().find((one) => one.poolId === poolId)
    return { Confirmed: state?.isConfirmed ?? true }
  }

  const setAcknowledgement: OperatorActions['setAcknowledgement'] = async (input) => {
    const { UserPoolId: poolId, Mode, WhenNoneAnswers = 'REFUSE' } = input
    const pool = await registered(poolId)
    if (pool.role !== 'PRIMARY')
      throw new Fault(
        'OperationNotEnabledException',
        `How writes are acknowledged is set in the user pool's primary Region, ${pool.primaryRegion}.`,
      )
    const isActive = (await roles.records.all(poolId)).some(({ status }) => status === 'ACTIVE')
    if (Mode === 'SYNCHRONOUS' && !isActive)
      throw new Fault(
        'InvalidParameterException',
        `User pool ${poolId} has no ACTIVE replica that could confirm its writes.`,
      )
    const mode: Acknowledgement = { whenNoneAnswers: WhenNoneAnswers === 'REFUSE' ? 'refuse' : 'continue' }
    const { primary } = vault.pool(poolId)
    await onConflictAgain(async () => {
      const stored = await primary.get(acknowledgements, poolId)
      await primary.commit((changes) => {
        if (Mode === 'ASYNCHRONOUS') {
          if (stored !== undefined) changes.delete(acknowledgements, stored)
        } else if (stored === undefined) changes.create(acknowledgements, { poolId, ...mode })
        else changes.replace(acknowledgements, stored, { poolId, ...mode })
      })
    })
    await registrations.update(poolId, ({ acknowledgement: _former, ...rest }) =>
      Mode === 'ASYNCHRONOUS' ? rest : { ...rest, acknowledgement: mode },
    )
    roles.confirmations.modeChanged(poolId)
    // Until the other nodes of the Region have read it anew.
    await timer.wait(modeLifetimeMs, new AbortController().signal)
    return { Acknowledgement: Mode === 'ASYNCHRONOUS' ? { Mode } : shapeOfMode(mode) }
  }

  return {
    setAcknowledgement,
    listSetAside: async ({ UserPoolId: poolId, MaxResults = setAsidePerPage, NextToken }) => {
      await registered(poolId)
      const writes = await roles.setAside.list(poolId, NextToken, MaxResults)
      const Writes: SetAsideShape[] = []
      for (const write of writes) Writes.push(await setAsideShape(poolId, write))
      const last = writes.at(-1)
      return {
        Writes,
        ...(last === undefined || writes.length < MaxResults ? {} : { NextToken: last.id }),
      }
    },
    reapplySetAside: async ({ UserPoolId: poolId, Ids }) => {
      const { appliedCount, conflictingIds } = await roles.reapply.reapply(poolId, Ids)
      return { AppliedCount: appliedCount, ConflictingIds: conflictingIds }
    },
    discardSetAside: async ({ UserPoolId: poolId }) => {
      await registered(poolId)
      const DiscardedCount = await roles.setAside.count(poolId)
      await roles.setAside.removeAll(poolId)
      return { DiscardedCount }
    },
    compare: async ({ UserPoolId: poolId, RegionName, NextToken }) => {
      if (NextToken !== undefined && !NextToken.startsWith(`${poolId}/`))
        throw new Fault('InvalidParameterException', 'NextToken is not one of this comparison.')
      const { comparedCount, difference, after } = await roles.comparison.compare(
        poolId,
        RegionName,
        NextToken,
      )
      return {
        ComparedCount: comparedCount,
        ...(difference === undefined ? {} : { Difference: differenceShape(difference) }),
        ...(after === undefined ? {} : { NextToken: after }),
      }
    },
    promote: async ({ UserPoolId, Force, DiscardAhead }) => ({
      Takeover: shapeOf(
        await roles.promotion.promote({
          poolId: UserPoolId,
          isForced: Force === true,
          discardsAhead: DiscardAhead === true,
        }),
      ),
    }),
    describe: async ({ UserPoolId: poolId }) => {
      const pool = await registered(poolId)
      const { takeovers, handover, isOlderThan } = reignOf(pool)
      const { acknowledgement } = pool
      const { position, epoch, digest } = await store.head(poolId)
      const follower = roles.secondary.statusOf(poolId)
      return {
        Replication: {
          UserPoolId: poolId,
          Role: pool.role,
          Status: pool.status,
          PrimaryRegion: pool.primaryRegion,
          TakesWrites: takesWrites(pool),
          ...(isOlderThan === undefined
            ? {}
            : { OlderThan: { RegionName: isOlderThan.region, Position: isOlderThan.position } }),
          ...(handover === undefined ? {} : { HandingOverTo: handover.to }),
          Epoch: epoch,
          Position: position,
          Digest: digest,
          Takeovers: takeovers.map(shapeOf),
          ...(pool.role === 'PRIMARY' ? { Replicas: await replicasOf(poolId) } : {}),
          ...(follower === undefined ? {} : { FollowerState: follower.state }),
          ...(follower?.reason === undefined ? {} : { FollowerReason: follower.reason }),
          ...(acknowledgement === undefined
            ? {}
            : { Acknowledgement: { ...shapeOfMode(acknowledgement), ...confirmedAt(pool) } }),
          SetAsideCount: await roles.setAside.count(poolId),
        },
      }
    },
  }
}
