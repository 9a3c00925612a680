// Rounds of SIGKILL under load against a deployment of real processes, with a ledger of what was acknowledged; one seed gives one plan of kills.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSupervisor } from '../../src/cli/supervisor.ts'
import { digestOf } from '../../src/store/digest.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { allRecords } from '../store/records.ts'
import { account, eventually } from '../support/regions.ts'
import { makeReplicatedPool, primaryRegion, secondaryRegion } from '../support/replicated-pool.ts'
import { checkLedger, clientsOf, type Expected, randomFrom, write } from './ledger.ts'

export type CrashRunOptions = {
  readonly rounds: number
  readonly seed: number
  readonly say?: (line: string) => void
}

export type CrashRunResult = {
  readonly acknowledged: number
  readonly inDoubt: number
  readonly kills: number
  /** Positions that the secondary was behind when everything was killed at once in the end. */
  readonly behindAtTheEnd: number
}

const writers = 6
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
export const crashRun = async ({
  rounds,
  seed,
  say = () => {},
}: CrashRunOptions): Promise<CrashRunResult> => {
  const random = randomFrom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-crash-'))
  const logDescriptor = openSync(join(folder, 'log'), 'a', 0o600)
  const data = join(folder, 'data')
  const supervisor = await startSupervisor({
    dataFolder: data,
    regions: [primaryRegion, secondaryRegion],
    account,
    host: '127.0.0.1',
    port: 0,
    isTls: false,
    logLevel: 'warn',
    logDescriptor,
    isRestarted: false,
    say: () => {},
  })
  let isOver = false
  let acknowledged = 0
  let kills = 0
  const ledger = new Map<string, Expected>()
  try {
    const clients = clientsOf(supervisor)
    const { poolId } = await makeReplicatedPool(clients)
    const writing = Promise.all(
      Array.from({ length: writers }, (_, index) =>
        write({
          name: `writer-${index}`,
          poolId,
          primary: () => clients.cognito(primaryRegion),
          ledger,
          random,
          isOver: () => isOver,
          acknowledge: () => {
            acknowledged += 1
          },
        }),
      ),
    )
    for (let round = 1; round <= rounds; round += 1) {
      const target = acknowledged + 5 + Math.floor(random() * 60)
      await eventually(
        async () => acknowledged,
        (count) => count >= target,
        60_000,
      )
      const dying = victims[Math.floor(random() * victims.length)] ?? []
      await Promise.all(dying.map((region) => supervisor.kill(region)))
      kills += dying.length
      await new Promise((resolve) => setTimeout(resolve, random() * 100))
      await Promise.all(dying.map((region) => supervisor.restart(region)))
      say(`round ${round}: killed ${dying.join(' and ')}; ${acknowledged} acknowledged`)
    }
    isOver = true
    await writing
    await checkLedger(clients, primaryRegion, poolId, ledger)
    await eventually(
      () => checkLedger(clients, secondaryRegion, poolId, ledger).then(() => 'equal', String),
      (answer) => answer === 'equal',
      60_000,
    )

    // And the end: everything at once, in the middle of writes.
    isOver = false
    const last = acknowledged + 50
    const lastWriting = write({
      name: 'last',
      poolId,
      primary: () => clients.cognito(primaryRegion),
      ledger,
      random,
      isOver: () => isOver,
      acknowledge: () => {
        acknowledged += 1
      },
    })
    await eventually(
      async () => acknowledged,
      (count) => count >= last,
      60_000,
    )
    await Promise.all([primaryRegion, secondaryRegion].map((region) => supervisor.kill(region)))
    kills += 2
    isOver = true
    await lastWriting
    await supervisor.stop()
    const behindAtTheEnd = await checkPrefix(data, poolId)
    const inDoubt = [...ledger.values()].filter(({ doubt }) => doubt.length > 0).length
    return { acknowledged, inDoubt, kills, behindAtTheEnd }
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  } finally {
    isOver = true
    await supervisor.stop()
    closeSync(logDescriptor)
    rmSync(folder, { recursive: true, force: true })
  }
}
