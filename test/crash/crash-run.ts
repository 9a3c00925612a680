// Rounds of SIGKILL under load against a deployment of real processes, with a ledger of what was acknowledged; one seed gives one plan of kills.
import { join } from 'node:path'
import { digestOf } from '../../src/store/digest.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { allRecords } from '../store/records.ts'
import { makeReplicatedPool, primaryRegion, secondaryRegion } from '../support/replicated-pool.ts'
import { type RunOptions, withDeployment } from './deployment.ts'

export type CrashRunResult = {
  readonly acknowledged: number
  readonly inDoubt: number
  readonly kills: number
  /** Positions that the secondary was behind when everything was killed at once in the end. */
  readonly behindAtTheEnd: number
}

const writers = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `writer-${letter}`)
const victims = [
  [primaryRegion],
  [secondaryRegion],
  [primaryRegion],
  [primaryRegion, secondaryRegion],
] as const

/** Both stores as the kill left them: the secondary's state must be that of one position of the primary's history. */
const checkPrefix = async (folder: string, poolId: string): Promise<number> => {
  const [primary, secondary] = await Promise.all(
    [primaryRegion, secondaryRegion].map((region) =>
      openSqliteStore({ folder: join(folder, region, 'store'), clock: systemClock }),
    ),
  )
  if (primary === undefined || secondary === undefined) throw new Error('there are two stores')
  try {
    const ahead = await primary.head(poolId)
    const behind = await secondary.head(poolId)
    for (const [store, head] of [
      [primary, ahead],
      [secondary, behind],
    ] as const)
      if (digestOf(await allRecords(store, poolId)) !== head.digest)
        throw new Error('a store holds other records than its digest says')
    if (behind.position > ahead.position)
      throw new Error(`the secondary is at ${behind.position}, the primary only at ${ahead.position}`)
    const [entry] = behind.position === 0 ? [] : await primary.readLog(poolId, behind.position - 1, 1)
    if (entry?.digest !== behind.digest)
      throw new Error(`the secondary is not what the primary was at position ${behind.position}`)
    return ahead.position - behind.position
  } finally {
    await Promise.all([primary.close(), secondary.close()])
  }
}

/** Throws an Error that says what was lost, torn or different. */
export const crashRun = ({ rounds, seed, say = () => {} }: RunOptions): Promise<CrashRunResult> =>
  withDeployment(seed, async (deployment) => {
    const { random, supervisor, clients, acknowledged } = deployment
    const { poolId } = await makeReplicatedPool(clients)
    const toPrimary = { poolId, primary: () => primaryRegion }
    let kills = 0
    const stopWriters = deployment.startWriters(writers, toPrimary)
    for (let round = 1; round <= rounds; round += 1) {
      await deployment.acknowledgedReach(acknowledged() + 5 + Math.floor(random() * 60))
      const dying = victims[Math.floor(random() * victims.length)] ?? []
      await Promise.all(dying.map((region) => supervisor.kill(region)))
      kills += dying.length
      await new Promise((resolve) => setTimeout(resolve, random() * 100))
      await Promise.all(dying.map((region) => supervisor.restart(region)))
      say(`round ${round}: killed ${dying.join(' and ')}; ${acknowledged()} acknowledged`)
    }
    await stopWriters()
    await deployment.checkBoth(primaryRegion, secondaryRegion, poolId)

    // And the end: everything at once, in the middle of writes.
    const stopLast = deployment.startWriters(['last'], toPrimary)
    await deployment.acknowledgedReach(acknowledged() + 50)
    await Promise.all([primaryRegion, secondaryRegion].map((region) => supervisor.kill(region)))
    kills += 2
    await stopLast()
    await supervisor.stop()
    const behindAtTheEnd = await checkPrefix(deployment.data, poolId)
    return { acknowledged: acknowledged(), inDoubt: deployment.inDoubt(), kills, behindAtTheEnd }
  })
