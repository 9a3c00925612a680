// The store's side of the writing thread: a bounded queue of jobs, and the answers to them.
import { Worker } from 'node:worker_threads'
import type { Job, JobResult } from '../job.ts'
import { StoreBusy, StoreFailure } from '../store-errors.ts'
import type { CloseJob, FromWriter, Request, WriterOptions } from './messages.ts'
import { receiveError } from './messages.ts'

export type QueueLimits = { readonly waitingMax: number; readonly waitingBytesMax: number }

type Pending = {
  readonly bytes: number
  resolve(result: JobResult): void
  reject(error: Error): void
}

export type WriterClient = {
  /** Resolves when the job is durable. `bytes` is about what it weighs. Rejects with StoreBusy when too much is waiting. */
  submit(job: Job, bytes: number): Promise<JobResult>
  /** Resolves when everything submitted before is answered and the file is closed. */
  close(): Promise<void>
}

/** The same file, as it is run from the sources or as published. */
const writerUrl = new URL(import.meta.url.endsWith('.ts') ? './writer.ts' : './writer.js', import.meta.url)

/** Starts the thread and waits until it has opened the database. `onGrown` hears of streams whose logs grew. */
export const startWriter = async (
  options: WriterOptions,
  limits: QueueLimits,
  onGrown: (streams: readonly string[]) => void,
): Promise<WriterClient> => {
  const worker = new Worker(writerUrl, { workerData: options, name: 'store-writer' })
  const pending = new Map<number, Pending>()
  let outgoing: Request[] = []
  let waitingBytes = 0
  let lastId = 0
  let closed: Promise<void> | undefined
  let stopped: StoreFailure | undefined

  const settle = (id: number): Pending | undefined => {
    const found = pending.get(id)
    pending.delete(id)
    waitingBytes -= found?.bytes ?? 0
    return found
  }

  const stop = (failure: StoreFailure): void => {
    stopped ??= failure
    for (const id of pending.keys()) settle(id)?.reject(stopped)
  }

  const { promise: exited, resolve: onExit } = Promise.withResolvers<void>()

  await new Promise<void>((resolve, reject) => {
    worker.on('error', (error) => {
      const failure = new StoreFailure('the writing thread of the store failed', {
        cause: error,
        isOutcomeUnknown: true,
      })
      stop(failure)
      reject(failure)
    })
    worker.once('exit', () => {
      const failure = new StoreFailure('the writing thread of the store ended', { isOutcomeUnknown: true })
      stop(failure)
      reject(failure)
      onExit()
    })
    worker.on('message', (message: FromWriter) => {
      if (message.kind === 'ready') resolve()
      else if (message.kind === 'refused') reject(receiveError(message.error))
      else {
        for (const reply of message.replies) {
          const found = settle(reply.id)
          if ('error' in reply) found?.reject(receiveError(reply.error))
          else found?.resolve(reply.result)
        }
        onGrown(message.grown)
      }
    })
  }).catch(async (error: unknown) => {
    await worker.terminate()
    throw error
  })

  const flush = (): void => {
    const requests = outgoing
    outgoing = []
    worker.postMessage(requests)
  }

  const enqueue = (job: Job | CloseJob, bytes: number): Promise<JobResult> =>
    new Promise((resolve, reject) => {
      lastId += 1
      pending.set(lastId, { bytes, resolve, reject })
      waitingBytes += bytes
      // What the same turn of the event loop submits crosses in one message.
      if (outgoing.length === 0) setImmediate(flush)
      outgoing.push({ id: lastId, bytes, job })
    })

  return {
    submit: async (job, bytes) => {
      if (closed !== undefined) throw new StoreFailure('the store is closed')
      if (stopped !== undefined) throw stopped
      const isFull = pending.size >= limits.waitingMax || waitingBytes + bytes > limits.waitingBytesMax
      if (isFull && pending.size > 0)
        throw new StoreBusy(`${pending.size} changes of ${waitingBytes} bytes are waiting for the disk`)
      return enqueue(job, bytes)
    },
    close: () => {
      closed ??= (async () => {
        if (stopped === undefined) await enqueue({ kind: 'close' }, 0)
        await exited
      })()
      return closed
    },
  }
}
