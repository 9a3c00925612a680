// What an operator may ask of replication, in the words of models/twinpool.json.
import type { RegisteredPool, Takeover } from '../directory/records/user-pool.ts'
import { Fault } from '../wire/fault.ts'
import type { Primary } from './primary.ts'
import type { Promotion } from './promotion.ts'
import type { Registrations } from './registrations.ts'
import { reignOf } from './reign.ts'
import type { ReplicaRecords } from './replica-records.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { Secondary } from './secondary.ts'
import type { SetAsideWrites } from './set-aside.ts'

type AboutPool = { readonly UserPoolId: string }

export type PromoteInput = AboutPool & { readonly Force?: boolean; readonly DiscardAhead?: boolean }

export type TakeoverShape = {
  readonly Epoch: number
  readonly RegionName: string
  readonly Position: number
  readonly Digest: string
  readonly Date: Date
  readonly Forced: boolean
}

export type ReplicationShape = {
  readonly UserPoolId: string
  readonly Role: RegisteredPool['role']
  readonly Status: RegisteredPool['status']
  readonly PrimaryRegion: string
  /** False at a secondary, while a primary hands over, and until a new one has opened. */
  readonly TakesWrites: boolean
  readonly HandingOverTo?: string
  readonly Epoch: number
  readonly Position: number
  readonly Digest: string
  /** The latest last. */
  readonly Takeovers: readonly TakeoverShape[]
  /** At the primary: how far its replicas are. */
  readonly Replicas?: readonly {
    readonly RegionName: string
    readonly Status: RegisteredPool['status']
    readonly WritesBehind: number
    readonly MillisecondsBehind: number
  }[]
  /** At a secondary: how it follows. */
  readonly FollowerState?: string
  readonly FollowerReason?: string
  /** Writes that never left this Region when another one took over. */
  readonly SetAsideCount: number
}

export type OperatorActions = {
  promote(input: PromoteInput): Promise<{ readonly Takeover: TakeoverShape }>
  describe(input: AboutPool): Promise<{ readonly Replication: ReplicationShape }>
}

const shapeOf = ({ epoch, region, position, digest, atMs, isForced }: Takeover): TakeoverShape => ({
  Epoch: epoch,
  RegionName: region,
  Position: position,
  Digest: digest,
  Date: new Date(atMs),
  Forced: isForced,
})

export const createOperatorActions = (
  { store }: Pick<ReplicationParts, 'store'>,
  registrations: Registrations,
  roles: {
    readonly primary: Pick<Primary, 'lags'>
    readonly secondary: Pick<Secondary, 'statusOf'>
    readonly promotion: Pick<Promotion, 'promote'>
    readonly records: ReplicaRecords
    readonly setAside: SetAsideWrites
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

  return {
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
      const { takeovers, handover, isOpening } = reignOf(pool)
      const { position, epoch, digest } = await store.head(poolId)
      const follower = roles.secondary.statusOf(poolId)
      return {
        Replication: {
          UserPoolId: poolId,
          Role: pool.role,
          Status: pool.status,
          PrimaryRegion: pool.primaryRegion,
          TakesWrites: pool.role === 'PRIMARY' && handover === undefined && isOpening !== true,
          ...(handover === undefined ? {} : { HandingOverTo: handover.to }),
          Epoch: epoch,
          Position: position,
          Digest: digest,
          Takeovers: takeovers.map(shapeOf),
          ...(pool.role === 'PRIMARY' ? { Replicas: await replicasOf(poolId) } : {}),
          ...(follower === undefined ? {} : { FollowerState: follower.state }),
          ...(follower?.reason === undefined ? {} : { FollowerReason: follower.reason }),
          SetAsideCount: await roles.setAside.count(poolId),
        },
      }
    },
  }
}
