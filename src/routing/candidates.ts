// Which Regions may get a request, in order: the primary first, then living ACTIVE secondaries.
import type { Subject } from './subject.ts'

/** A replica of a pool as the Region that holds it describes it. */
export type Replica = {
  readonly region: string
  readonly role: 'PRIMARY' | 'SECONDARY'
  readonly status: string
}

/** Lower is better; a replica that isn't in the table must not get the request. */
const rankToServe: Readonly<Record<string, number>> = { 'PRIMARY ACTIVE': 0, 'SECONDARY ACTIVE': 1 }
/** Public keys and discovery are the same in every Region that has a whole copy, switched on or not. */
const rankToPublish: Readonly<Record<string, number>> = { ...rankToServe, 'SECONDARY INACTIVE': 2 }

export type Choice =
  | { readonly kind: 'regions'; readonly regions: readonly string[] }
  | { readonly kind: 'unavailable'; readonly message: string }

export type Situation = {
  readonly regions: readonly string[]
  readonly isLiving: (region: string) => boolean
  /** Replicas of the pool that the subject names, as far as living Regions know. */
  readonly replicas: readonly Replica[]
}

const unavailable = (message: string): Choice => ({ kind: 'unavailable', message })

export const chooseRegions = (
  subject: Exclude<Subject, { kind: 'region' }>,
  situation: Situation,
): Choice => {
  const living = situation.regions.filter(situation.isLiving)
  if (living.length === 0) return unavailable('No Region of this deployment answers.')
  if (subject.kind === 'any') return { kind: 'regions', regions: living }
  if (situation.replicas.length === 0) {
    // Nobody knows it: each Region says so in Amazon's words. While one is down it may be the one that has it, so nobody can say.
    if (living.length === situation.regions.length) return { kind: 'regions', regions: living.slice(0, 1) }
    return unavailable('No Region that answers has this user pool, and not all Regions answer.')
  }
  const ranks = subject.kind === 'issuer' ? rankToPublish : rankToServe
  const preferred = 'preferredRegion' in subject ? subject.preferredRegion : undefined
  const rankOf = (replica: Replica): number | undefined => {
    const rank = ranks[`${replica.role} ${replica.status}`]
    return rank !== undefined && replica.region === preferred ? -1 : rank
  }
  const able = situation.replicas
    .map((replica) => ({ region: replica.region, rank: rankOf(replica) }))
    .filter((replica): replica is { region: string; rank: number } => replica.rank !== undefined)
    .filter((replica) => situation.isLiving(replica.region))
    .toSorted((left, right) => left.rank - right.rank)
  if (able.length === 0)
    return unavailable('The primary Region of this user pool does not answer, and it has no ACTIVE replica.')
  return { kind: 'regions', regions: able.map((replica) => replica.region) }
}
