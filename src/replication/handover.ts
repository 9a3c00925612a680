// At a primary: stops taking writes so that another Region can catch up and take over, and takes them again if that Region gives up.
import { Fault } from '../wire/fault.ts'
import type { Claims } from './claims.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler } from './peer-port.ts'
import type { Registrations } from './registrations.ts'
import { epochOf, reignOf } from './reign.ts'
import { isWorthALine, type Repeater, startRepeater } from './repeater.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { absorbRevocations } from './revocation-courier.ts'
import type { BackOffLimits } from './timer.ts'
import type { Turns } from './turns.ts'
import { lowerFence, raiseFence } from './write-guard.ts'

export type Handover = {
  /** Goes on watching the hand-overs that were under way when the process ended. */
  resume(): Promise<void>
  readonly calls: Readonly<Record<'hand-over' | 'hand-back', PeerCallHandler>>
  close(): Promise<void>
}

/** How often the Region that is to take over is asked whether it still means to. */
const watchEveryMs = 1_000
const backOff: BackOffLimits = { firstMs: 500, mostMs: 5_000 }

export const createHandover = (
  parts: ReplicationParts,
  registrations: Registrations,
  claims: Pick<Claims, 'ask'>,
  turns: Turns,
  /** Hears of a Region that knows of a later primary than this one. */
  succeeded: (poolId: string, byRegion: string) => void,
): Handover => {
  const { store, timer, random, log } = parts
  const watching = new Map<string, Repeater>()

  /** The fence goes first: as long as the registration speaks of a hand-over the gate lets no write in. */
  const takeBack = async (poolId: string, epoch: number): Promise<void> => {
    const { handover } = reignOf(await registered(poolId))
    if (handover?.epoch !== epoch) return
    await lowerFence(store, poolId)
    await absorbRevocations(poolId, parts)
    await registrations.update(poolId, (current) => {
      const { handover: given, ...reign } = reignOf(current)
      return given?.epoch === epoch ? { ...current, reign } : current
    })
    // What was made until the gate knew.
    await absorbRevocations(poolId, parts)
    log.info({ poolId, epoch }, 'the pool is not handed over; it takes writes again')
  }

  const registered = async (poolId: string) => {
    const pool = await registrations.get(poolId)
    if (pool === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    return pool
  }

  /** Done when the pool is handed over, or the other Region says that it has given up. */
  const watch = async (poolId: string): Promise<'done' | undefined> => {
    const pool = await registrations.get(poolId)
    const { handover } = pool === undefined ? {} : reignOf(pool)
    if (handover === undefined || pool?.role !== 'PRIMARY') return 'done'
    const claim = await claims.ask(handover.to, poolId)
    // One that has no replica any more can't take over.
    const hasTaken = claim?.takeovers.some(({ epoch }) => epoch >= handover.epoch) === true
    // It tells by itself that it is the primary; unless others took over from it since, who never heard of this Region's part.
    if (hasTaken) succeeded(poolId, handover.to)
    if (hasTaken || claim?.candidateFor === handover.epoch) return undefined
    await turns.take(poolId, () => takeBack(poolId, handover.epoch))
    return 'done'
  }

  const startWatching = (poolId: string): void => {
    if (watching.has(poolId)) return
    watching.set(
      poolId,
      startRepeater({
        timer,
        random,
        backOff,
        pauseMs: watchEveryMs,
        everyMs: watchEveryMs,
        run: async () => {
          const ended = await watch(poolId)
          if (ended === 'done') watching.delete(poolId)
          return ended
        },
        failed: (error, failures) => {
          if (isWorthALine(failures))
            log.warn({ poolId, err: error, failures }, 'the Region that is to take over gives no answer')
        },
      }),
    )
  }

  const handOver = async (
    poolId: string,
    fromRegion: string,
    epoch: number,
  ): Promise<{ readonly position: number; readonly digest: string }> => {
    await registrations.update(poolId, (current) => {
      const reign = reignOf(current)
      const { handover } = reign
      if (current.role !== 'PRIMARY')
        throw new Fault('NotPrimary', `The primary Region of ${poolId} is ${current.primaryRegion}.`)
      if (!current.replicaRegions.includes(fromRegion) || reign.isOpening === true)
        throw new Fault('NotAReplica', `${poolId} can't be handed over to ${fromRegion} now.`)
      if (handover !== undefined && handover.to !== fromRegion)
        throw new Fault('HandedOver', `${poolId} is being handed over to ${handover.to}.`)
      if (handover?.epoch === epoch) return current
      if (epoch <= Math.max(reign.seenEpoch, epochOf(reign.takeovers)))
        throw new Fault('StaleEpoch', `Epoch ${epoch} of ${poolId} was used before.`)
      return { ...current, reign: { ...reign, seenEpoch: epoch, handover: { to: fromRegion, epoch } } }
    })
    startWatching(poolId)
    await raiseFence(store, poolId)
    // Nothing gets into the log any more: this is where the pool ends here.
    const { position, digest } = await store.head(poolId)
    log.info({ poolId, to: fromRegion, epoch, position }, 'the pool is being handed over')
    return { position, digest }
  }

  return {
    resume: async () => {
      for await (const pool of registrations.all()) {
        if (pool.role !== 'PRIMARY' || reignOf(pool).handover === undefined) continue
        await raiseFence(store, pool.poolId)
        startWatching(pool.poolId)
      }
    },
    calls: {
      'hand-over': async (fromRegion, body) => {
        const fields = readFields(body)
        const poolId = fields.text('poolId')
        const epoch = fields.count('epoch')
        return turns.take(poolId, () => handOver(poolId, fromRegion, epoch))
      },
      'hand-back': async (fromRegion, body) => {
        const fields = readFields(body)
        const poolId = fields.text('poolId')
        const { handover } = reignOf(await registered(poolId))
        const epoch = fields.count('epoch')
        if (handover?.to === fromRegion) await turns.take(poolId, () => takeBack(poolId, epoch))
        return {}
      },
    },
    close: async () => {
      await Promise.all([...watching.values()].map((repeater) => repeater.stop()))
    },
  }
}
