// The operator service's inputs and outputs, as models/twinpool.json has them.
import type { RegisteredPool } from '../directory/records/user-pool.ts'

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
  /** This primary was set back to an earlier state than a replica, and takes no writes until one of the two is promoted. */
  readonly OlderThan?: { readonly RegionName: string; readonly Position: number }
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
  /** Absent where a write is acknowledged when it is durable in the primary Region. */
  readonly Acknowledgement?: AcknowledgementShape & { readonly Confirmed?: boolean }
  /** Writes that never left this Region when another one took over. */
  readonly SetAsideCount: number
}

export type AcknowledgementShape = {
  readonly Mode: 'ASYNCHRONOUS' | 'SYNCHRONOUS'
  readonly WhenNoneAnswers?: 'REFUSE' | 'CONTINUE'
}

export type OperatorActions = {
  /** At the primary only. In force at every node of the Region when it resolves. */
  setAcknowledgement(
    input: AboutPool & AcknowledgementShape,
  ): Promise<{ readonly Acknowledgement: AcknowledgementShape }>
  promote(input: PromoteInput): Promise<{ readonly Takeover: TakeoverShape }>
  describe(input: AboutPool): Promise<{ readonly Replication: ReplicationShape }>
  /** Oldest first, by what they changed; needs the pool's key. */
  listSetAside(
    input: AboutPool & { readonly MaxResults?: number; readonly NextToken?: string },
  ): Promise<{ readonly Writes: readonly SetAsideShape[]; readonly NextToken?: string }>
  reapplySetAside(
    input: AboutPool & { readonly Ids?: readonly string[] },
  ): Promise<{ readonly AppliedCount: number; readonly ConflictingIds: readonly string[] }>
  discardSetAside(input: AboutPool): Promise<{ readonly DiscardedCount: number }>
  /** As far as it gets in some seconds: it goes on with NextToken, until that is absent or a Difference was found. */
  compare(input: AboutPool & { readonly RegionName: string; readonly NextToken?: string }): Promise<{
    readonly ComparedCount: number
    readonly Difference?: DifferenceShape
    readonly NextToken?: string
  }>
}

/** By the name of its collection and the hash that the store knows it by. */
export type DifferenceShape = {
  readonly Collection: string
  readonly Key: string
  readonly VersionHere?: number
  readonly VersionThere?: number
}

export type SetAsideShape = {
  readonly Id: string
  readonly Epoch: number
  readonly Position: number
  readonly Date: Date
  readonly Changes: readonly {
    readonly Collection: string
    readonly Action: 'PUT' | 'DELETE'
    /** Absent for what was deleted and is no longer there. */
    readonly Name?: string
  }[]
}
