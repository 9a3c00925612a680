// What must be so in the end, some time after nothing fails any more: one primary, equal replicas, and nothing lost that was promised.
import { reignOf } from '../../../src/replication/reign.ts'
import { setAsideScope } from '../../../src/replication/set-aside.ts'
import { poolId } from '../support/deployment.ts'
import { isAncestor, type Moment } from './history.ts'
import type { Known } from './known.ts'
import { errandsIn, registeredIn, replicaRecordsIn, takesWrites, validAfterIn } from './look.ts'
import { describeRegister } from './step-checks.ts'
import type { SimulatedRegion, World } from './world.ts'

const primariesOf = async (world: World): Promise<readonly SimulatedRegion[]> => {
  const primaries: SimulatedRegion[] = []
  for (const region of world.regions.values())
    if ((await registeredIn(region))?.role === 'PRIMARY') primaries.push(region)
  return primaries
}

/** I5: whatever was revoked anywhere is known in every Region. */
const missingRevocation = async (world: World, known: Known): Promise<string | undefined> => {
  for (const region of world.regions.values()) {
    if ((await registeredIn(region)) === undefined) continue
    for (const { subject, validAfterMs, isUnreadable, region: where } of known.revocations)
      if (!isUnreadable && (await validAfterIn(region, subject)) < validAfterMs)
        return `I5: what ${where} revoked of ${subject} at ${validAfterMs} is unknown in ${region.name}`
  }
  return undefined
}

/** What there is still to wait for; undefined when everything has come to rest. */
export const unsettled = async (world: World, known: Known): Promise<string | undefined> => {
  const [primary, another] = await primariesOf(world)
  if (primary === undefined) return 'no Region is the primary'
  if (another !== undefined) return `${primary.name} and ${another.name} are both primaries`
  const pool = await registeredIn(primary)
  if (pool === undefined || !takesWrites(pool)) return `${primary.name} takes no writes`
  const [errand] = await errandsIn(primary)
  if (errand !== undefined) return `${primary.name} has still to ${errand.kind} ${errand.regionName}`
  const records = new Map((await replicaRecordsIn(primary)).map(({ value }) => [value.regionName, value]))
  const head = await primary.disk.content.head(poolId)
  for (const { name, disk, process } of world.regions.values()) {
    if (process?.isServing !== true) return `${name} does not run`
    if (name === primary.name) continue
    const there = await registeredIn(world.region(name))
    const isListed = pool.replicaRegions.includes(name)
    if (isListed !== (there !== undefined)) return `${name} ${isListed ? 'has no' : 'still has a'} replica`
    if (there === undefined) continue
    if (there.primaryRegion !== primary.name) return `${name} takes ${there.primaryRegion} for the primary`
    const { candidacy, succession } = reignOf(there)
    if (candidacy !== undefined || succession !== undefined) return `${name} is not done with a takeover`
    const record = records.get(name)
    if (record === undefined || there.status !== record.status || there.statusAtMs !== record.statusAtMs)
      return `${name} is ${describeRegister(there)}, its record ${record && describeRegister(record)}`
    const [follower] = (await process.replication.status()).followers
    if (there.status !== 'ACTIVE' && there.status !== 'INACTIVE')
      return `${name} is ${there.status}: ${follower?.state}, ${follower?.reason}`
    if (there.replicaRegions.join() !== pool.replicaRegions.join()) return `${name} lists other replicas`
    const own = await disk.content.head(poolId)
    if (own.copy !== undefined) return `${name} is being copied`
    if (own.position !== head.position)
      return `${name} is at ${own.position} of ${head.position}: ${follower?.state}, ${follower?.reason}`
  }
  return missingRevocation(world, known)
}

/** I12 and I13: what was acknowledged is in the history, or was left behind by a takeover by force. */
const checkAcknowledged = async (world: World, known: Known, primary: SimulatedRegion): Promise<void> => {
  const last = known.standing.get(primary.name)
  const takeovers = [...known.takeovers.values()]
  for (const moment of known.acknowledged) {
    if (isAncestor(moment, last)) continue
    const epoch = moment.entry?.epoch ?? 0
    const isLeftBehind =
      known.forcedAt.has(moment.author) ||
      takeovers.some(({ isForced, position }) => isForced && position < moment.position)
    if (!isLeftBehind)
      known.violate(`${moment.author} acknowledged position ${moment.position} of epoch ${epoch}; it is lost`)
    else await checkSetAside(world.region(moment.author), known, moment)
  }
}

/** I13, where the Region that wrote it has kept its data and its log. */
const checkSetAside = async (author: SimulatedRegion, known: Known, moment: Moment): Promise<void> => {
  const { entry } = moment
  if (entry === undefined || entry.puts.length + entry.deletes.length === 0) return
  if (known.unlogged.has(moment)) return
  const kept = await author.disk.content.range(`${setAsideScope(poolId)}/`, { limit: 10_000 })
  const suffix = `${String(entry.epoch).padStart(16, '0')}-${String(entry.position).padStart(16, '0')}`
  if (!kept.some(({ key }) => key.endsWith(suffix)))
    known.violate(
      `I13: position ${entry.position} of epoch ${entry.epoch} is not set aside at ${author.name}`,
    )
}

const checkWishes = async (known: Known, primary: SimulatedRegion): Promise<void> => {
  const pool = await registeredIn(primary)
  // A takeover by force can have left the wish behind.
  if (pool === undefined || [...known.takeovers.values()].some(({ isForced }) => isForced)) return
  for (const [target, wish] of known.wishes) {
    const isThere = target === primary.name || pool.replicaRegions.includes(target)
    if (wish !== undefined && (wish === 'replica') !== isThere)
      known.violate(`I8: ${target} ${isThere ? 'still has a' : 'has no'} replica, against the last request`)
  }
  for (const { value } of await replicaRecordsIn(primary)) {
    const set = known.statusSet.get(value.regionName)
    if (set === undefined || value.role === 'PRIMARY' || value.statusAtMs > set.statusAtMs) continue
    if (value.statusAtMs < set.statusAtMs || value.status !== set.status)
      known.violate(
        `I6: ${value.regionName} was set to ${describeRegister(set)} and is ${describeRegister(value)}`,
      )
  }
}

/** To be called when everything has come to rest and the step checks have passed: they compare the records. */
export const checkEnd = async (world: World, known: Known): Promise<void> => {
  const [primary] = await primariesOf(world)
  if (primary === undefined) return
  for (const region of world.regions.values()) {
    const stands = known.standing.get(region.name)
    if ((await registeredIn(region)) !== undefined && stands !== known.standing.get(primary.name))
      known.violate(`I1: ${region.name} has another history than the primary ${primary.name}`)
  }
  await checkAcknowledged(world, known, primary)
  await checkWishes(known, primary)
}
