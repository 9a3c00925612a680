// The deployment that a run of crashes kills parts of: two Regions as processes of their own, writers, and a ledger of what was acknowledged.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSupervisor } from '../../src/cli/supervisor.ts'
import { account, eventually } from '../support/regions.ts'
import { primaryRegion, secondaryRegion } from '../support/replicated-pool.ts'
import { checkLedger, clientsOf, type Expected, randomFrom, write } from './ledger.ts'

export type RunOptions = {
  readonly rounds: number
  /** One seed gives one plan of kills. */
  readonly seed: number
  readonly say?: (line: string) => void
}

export type CrashDeployment = Awaited<ReturnType<typeof startDeployment>>

const settlesWithinMs = 60_000

const startDeployment = async (seed: number) => {
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
  const clients = clientsOf(supervisor)
  const ledger = new Map<string, Expected>()
  let acknowledged = 0
  let isOver = false
  return {
    data,
    random,
    supervisor,
    clients,
    acknowledged: () => acknowledged,
    inDoubt: () => [...ledger.values()].filter(({ doubt }) => doubt.length > 0).length,
    /** Writes to a pool until the end that it returns is called; that waits for the last answers. */
    startWriters: (
      names: readonly string[],
      { poolId, primary }: { readonly poolId: string; readonly primary: () => string },
    ): (() => Promise<void>) => {
      let isDone = false
      const writing = Promise.all(
        names.map((name) =>
          write({
            name,
            poolId,
            primary: () => clients.cognito(primary()),
            ledger,
            random,
            isOver: () => isOver || isDone,
            acknowledge: () => {
              acknowledged += 1
            },
          }),
        ),
      )
      return async () => {
        isDone = true
        await writing
      }
    },
    acknowledgedReach: (target: number) =>
      eventually(
        async () => acknowledged,
        (count) => count >= target,
        settlesWithinMs,
      ),
    /** Throws unless `region` has all that was acknowledged, and its replica comes to have it. */
    checkBoth: async (region: string, replica: string, poolId: string): Promise<void> => {
      await checkLedger(clients, region, poolId, ledger)
      await eventually(
        () => checkLedger(clients, replica, poolId, ledger).then(() => 'equal', String),
        (answer) => answer === 'equal',
        settlesWithinMs,
      )
    },
    end: async (): Promise<void> => {
      isOver = true
      await supervisor.stop()
      closeSync(logDescriptor)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Runs `plot` against a new deployment. What it throws names the seed. */
export const withDeployment = async <Result>(
  seed: number,
  plot: (deployment: CrashDeployment) => Promise<Result>,
): Promise<Result> => {
  const deployment = await startDeployment(seed)
  try {
    return await plot(deployment)
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  } finally {
    await deployment.end()
  }
}
