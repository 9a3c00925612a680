// What a function's worker thread runs: loads the file once and calls its handler for every event, as the Lambda runtime does.
import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerAnswer, WorkerCall, WorkerStart } from './function-process.ts'

type Callback = (error: unknown, result?: unknown) => void
type Handler = (event: unknown, context: object, callback: Callback) => unknown

const { file } = workerData as WorkerStart

/** What was thrown that isn't an Error. */
const textOf = (thrown: unknown): string =>
  typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? 'Unknown error')

/** A module's own export, or that of CommonJS's `module.exports`. */
const load = async (): Promise<Handler> => {
  const module = (await import(file)) as {
    readonly handler?: unknown
    readonly default?: { readonly handler?: unknown }
  }
  const handler = module.handler ?? module.default?.handler
  if (typeof handler !== 'function') throw new Error('the function exports no handler')
  return handler as Handler
}

/** The handler's result: what its promise comes to, or what it hands to the callback, which older functions are written with. */
const resultOf = (handler: Handler, { event, context }: WorkerCall): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const done: Callback = (error, result) => {
      if (error === undefined || error === null) resolve(result)
      else reject(error instanceof Error ? error : new Error(textOf(error)))
    }
    const { deadlineMs, ...shown } = context
    const returned = handler(
      JSON.parse(event),
      {
        ...shown,
        getRemainingTimeInMillis: () => Math.max(deadlineMs - Date.now(), 0),
        done,
        succeed: (result: unknown) => done(undefined, result),
        fail: (error: unknown) => done(error ?? new Error('Unknown error')),
      },
      done,
    )
    if (returned instanceof Promise) returned.then(resolve, done)
    // A function that takes a callback answers by it, whatever it returns; one that takes not even a context can't answer later.
    else if (handler.length < 2 || (handler.length < 3 && returned !== undefined)) resolve(returned)
  })

const answer = async (call: WorkerCall, loading: Promise<Handler>): Promise<WorkerAnswer> => {
  try {
    const result = await resultOf(await loading, call)
    return { id: call.id, payload: JSON.stringify(result) ?? 'null' }
  } catch (error) {
    return { id: call.id, failure: error instanceof Error ? error.message : textOf(error) }
  }
}

const handler = load()
// Each call tells of it; without this the thread would end before it could.
handler.catch(() => undefined)
parentPort?.on('message', (call: WorkerCall) => {
  void answer(call, handler).then((message) => parentPort?.postMessage(message))
})
