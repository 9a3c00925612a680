// Password work on worker threads: the directory's Passwords port and the SRP steps of sign-in over one bounded pool of threads.
import { timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Passwords, SrpSteps } from '../directory/passwords-port.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import { poolNameOf } from './srp-group.ts'
import type { SrpTask } from './srp-worker.ts'
import { createWorkerPool } from './worker-pool.ts'

const saltBytes = 16
const serverSecretBytes = 32
/** At about 0.7 ms a task this is a wait of less than a second; more than that is answered with a refusal. */
const queueLengthMax = 1_000
const idleTimeoutMs = 30_000
/** One core is left to the event loop where there are more than two. */
const threadsDefault = Math.min(Math.max(2, availableParallelism() - 1), 8)

export type PasswordWorkers = Passwords & SrpSteps & { close(): Promise<void> }

/** Threads start with the first task and end when idle, so a Region nobody signs in to pays nothing for them. */
export const createPasswordWorkers = (options: {
  readonly threads?: number
  readonly random: Random
  readonly clock: Clock
}): PasswordWorkers => {
  const threadsMax = options.threads ?? threadsDefault
  const pool = createWorkerPool<SrpTask, string>({
    file: new URL('./srp-worker.ts', import.meta.url),
    threadsMax,
    idleTimeoutMs,
  })
  const run = async (task: SrpTask): Promise<string> => {
    if (pool.taskCount() >= queueLengthMax + threadsMax)
      throw new Fault('TooManyRequestsException', 'Too many requests', { status: 400 })
    return pool.run(task)
  }
  const verifier = (poolId: string, username: string, password: string, salt: string): Promise<string> =>
    run({ step: 'verifier', input: { poolName: poolNameOf(poolId), username, password, salt } })

  return {
    makeCredential: async (poolId, username, password) => {
      const salt = options.random.bytes(saltBytes).toString('hex')
      return {
        salt,
        verifier: await verifier(poolId, username, password, salt),
        setAtMs: options.clock.now(),
      }
    },
    isPasswordOf: async (poolId, username, password, credential) => {
      const made = await verifier(poolId, username, password, credential.salt)
      const [left, right] = [made, credential.verifier].map((hex) =>
        Buffer.from(hex.padStart(768, '0'), 'hex'),
      )
      return (
        left !== undefined &&
        right !== undefined &&
        left.length === right.length &&
        timingSafeEqual(left, right)
      )
    },
    beginSrp: async (verifierHex) => {
      const serverSecret = options.random.bytes(serverSecretBytes)
      return {
        serverSecret,
        serverPublic: await run({
          step: 'serverPublic',
          verifier: verifierHex,
          serverSecret: serverSecret.toString('hex'),
        }),
      }
    },
    srpSessionKey: async ({ serverSecret, ...input }) => {
      const secret = Buffer.from(serverSecret).toString('hex')
      return Buffer.from(await run({ step: 'sessionKey', input, serverSecret: secret }), 'hex')
    },
    close: () => pool.close(),
  }
}
