// One version of a function's file, running in a worker thread: an endless loop, an exit or a full heap ends that thread only.
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { FunctionOutcome } from './function-runner.ts'

/** What a thread is started with; `file` is a URL. */
export type WorkerStart = { readonly file: string }

export type InvocationContext = {
  readonly awsRequestId: string
  readonly functionName: string
  readonly functionVersion: string
  readonly invokedFunctionArn: string
  readonly memoryLimitInMB: string
  /** ms since 1970. */
  readonly deadlineMs: number
}
/** `event` is JSON. */
export type WorkerCall = { readonly id: number; readonly event: string; readonly context: InvocationContext }
export type WorkerAnswer =
  | { readonly id: number; readonly payload: string }
  | { readonly id: number; readonly failure: string }

export type FunctionProcess = {
  readonly pendingCount: () => number
  readonly isEnded: () => boolean
  /** Rejects with the signal's reason when that comes first. */
  call(event: string, context: InvocationContext, signal: AbortSignal): Promise<FunctionOutcome>
  /** Ends the thread once the calls that it has are answered or given up. */
  retire(): void
  end(): Promise<void>
}

export const memoryMegabytesMax = 128
const exitedMessage = 'Process exited before completing request'

type Waiting = (outcome: FunctionOutcome) => void

export const startFunctionProcess = (
  path: string,
  environment: Readonly<Record<string, string>>,
): FunctionProcess => {
  const start: WorkerStart = { file: pathToFileURL(path).href }
  const worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
    workerData: start,
    env: { ...environment },
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMegabytesMax },
  })
  // Standard output belongs to the Region's own command.
  for (const output of [worker.stdout, worker.stderr])
    output.on('data', (chunk: Buffer) => process.stderr.write(chunk))
  worker.unref()

  const waiting = new Map<number, Waiting>()
  let callCount = 0
  let isEnded = false
  let isRetired = false

  const failAll = (message: string): void => {
    isEnded = true
    for (const settle of waiting.values()) settle({ kind: 'failed', message })
    waiting.clear()
  }
  const end = async (): Promise<void> => {
    isEnded = true
    await worker.terminate()
  }
  const endIfIdle = (): void => {
    if (isRetired && waiting.size === 0) void end()
  }

  worker.on('message', (answer: WorkerAnswer) => {
    const settle = waiting.get(answer.id)
    waiting.delete(answer.id)
    settle?.(
      'payload' in answer
        ? { kind: 'returned', payload: answer.payload }
        : { kind: 'failed', message: answer.failure },
    )
    endIfIdle()
  })
  worker.on('error', (error) => failAll(error instanceof Error ? error.message : exitedMessage))
  worker.on('exit', () => failAll(exitedMessage))

  return {
    pendingCount: () => waiting.size,
    isEnded: () => isEnded,
    call: (event, context, signal) =>
      new Promise<FunctionOutcome>((resolve, reject) => {
        callCount += 1
        const id = callCount
        const giveUp = (): void => {
          waiting.delete(id)
          reject(signal.reason as Error)
          endIfIdle()
        }
        signal.addEventListener('abort', giveUp, { once: true })
        waiting.set(id, (outcome) => {
          signal.removeEventListener('abort', giveUp)
          resolve(outcome)
        })
        const call: WorkerCall = { id, event, context }
        worker.postMessage(call)
      }),
    retire: () => {
      isRetired = true
      endIfIdle()
    },
    end,
  }
}
