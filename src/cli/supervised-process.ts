// One child process: started, watched, restarted when it dies by itself, stopped or killed when told to.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { CliFailure } from './cli-failure.ts'
import { processMessage } from './served-process.ts'

const mainFile = fileURLToPath(new URL('../../bin/twinpool.js', import.meta.url))
/** Of V8's young generation, in each thread: half the default, which under load would take 40 MiB more and save no time. */
const semiSpaceMiB = 8
const readyTimeoutMs = 30_000
const stopTimeoutMs = 8_000
const firstDelayMs = 250
const delayMaxMs = 10_000

export type SupervisedProcess = {
  /** Process ID while it runs. */
  pid(): number | undefined
  /** Resolves when it is ready. Rejects with CliFailure when it can't start. */
  start(): Promise<void>
  /** Asks it to stop, and kills it when it doesn't in time. */
  stop(): Promise<void>
  /** SIGKILL; it stays dead until `start`. */
  kill(): Promise<void>
}

export type SupervisedProcessOptions = {
  /** As a person would call it: `Region us-east-1`. */
  readonly name: string
  readonly arguments: readonly string[]
  /** File descriptor for what the process writes. */
  readonly logDescriptor: number
  readonly isRestarted: boolean
  /** Tells the person at the terminal what happened. */
  readonly say: (line: string) => void
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const howItEnded = (child: ChildProcess): string =>
  child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`

export const createSupervisedProcess = (options: SupervisedProcessOptions): SupervisedProcess => {
  let child: ChildProcess | undefined
  let isWanted = false
  let delayMs = firstDelayMs
  let timer: NodeJS.Timeout | undefined

  const launch = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const { logDescriptor } = options
      // Its own standard output goes to the log too: the supervisor's carries nothing but the line with the endpoints.
      const started = fork(mainFile, [...options.arguments], {
        execArgv: [`--max-semi-space-size=${semiSpaceMiB}`],
        stdio: ['ignore', logDescriptor, logDescriptor, 'ipc'],
      })
      child = started
      let isReady = false
      let reason: string | undefined
      const late = setTimeout(() => {
        reason = `it was not ready within ${readyTimeoutMs / 1_000} s`
        started.kill('SIGKILL')
      }, readyTimeoutMs)
      started.on('message', (raw) => {
        const message = processMessage.safeParse(raw)
        if (!message.success) return
        if (message.data.type === 'failed') reason = message.data.message
        else {
          clearTimeout(late)
          isReady = true
          delayMs = firstDelayMs
          resolve()
        }
      })
      started.on('error', (error) => {
        reason = error.message
      })
      started.on('exit', () => {
        clearTimeout(late)
        if (isReady) onEnd(started)
        else reject(new CliFailure(`${options.name} did not start: ${reason ?? howItEnded(started)}`))
      })
    })

  const onEnd = (gone: ChildProcess): void => {
    if (!isWanted || gone !== child) return
    options.say(`${options.name} ended by itself (${howItEnded(gone)}).`)
    if (options.isRestarted) restartLater()
  }

  const restartLater = (): void => {
    options.say(`${options.name} is started again in ${delayMs} ms.`)
    timer = setTimeout(() => {
      launch().then(
        () => options.say(`${options.name} is ready again.`),
        (error: unknown) => {
          options.say(error instanceof Error ? error.message : String(error))
          if (isWanted) restartLater()
        },
      )
    }, delayMs)
    delayMs = Math.min(delayMs * 2, delayMaxMs)
  }

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    isWanted = false
    clearTimeout(timer)
    const current = child
    if (current === undefined || current.pid === undefined || ended(current)) return
    const exited = once(current, 'exit')
    current.kill(signal)
    const patience = setTimeout(() => current.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(patience)
  }

  return {
    pid: () => (child === undefined || ended(child) ? undefined : child.pid),
    start: async () => {
      isWanted = true
      delayMs = firstDelayMs
      await launch()
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}
