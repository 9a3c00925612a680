// A replica's status as a register that both Regions may set and that merges the same way everywhere.
import type { ReplicaStatusType } from '@aws-sdk/client-cognito-identity-provider'

export type StatusRegister = { readonly status: ReplicaStatusType; readonly statusAtMs: number }

/** Which wins at the same millisecond, so that every Region picks the same one: the more cautious. */
const rank: Readonly<Record<ReplicaStatusType, number>> = { CREATING: 0, ACTIVE: 1, INACTIVE: 2, DELETING: 3 }

/** The later one; deletion is final whatever the time (SPEC.md, I6). */
export const mergeStatus = (one: StatusRegister, other: StatusRegister): StatusRegister => {
  const isOtherLater =
    one.status === 'DELETING' || other.status === 'DELETING'
      ? other.status === 'DELETING' && (one.status !== 'DELETING' || other.statusAtMs < one.statusAtMs)
      : other.statusAtMs > one.statusAtMs ||
        (other.statusAtMs === one.statusAtMs && rank[other.status] > rank[one.status])
  const { status, statusAtMs } = isOtherLater ? other : one
  return { status, statusAtMs }
}

/** A new status over a known one. It wins over what it was set upon, however the clocks of the two Regions differ. */
export const setStatus = (
  known: StatusRegister,
  status: ReplicaStatusType,
  nowMs: number,
): StatusRegister => ({ status, statusAtMs: Math.max(nowMs, known.statusAtMs + 1) })

/** What a replica says of itself, merged into its primary's record: the replica alone leads out of CREATING, whatever the clocks say. */
export const mergeReport = (record: StatusRegister, told: StatusRegister): StatusRegister =>
  record.status === 'CREATING' && (told.status === 'ACTIVE' || told.status === 'INACTIVE')
    ? setStatus(record, told.status, told.statusAtMs)
    : mergeStatus(record, told)

export const isSameStatus = (one: StatusRegister, other: StatusRegister): boolean =>
  one.status === other.status && one.statusAtMs === other.statusAtMs
