// A few worker threads for tasks of under a millisecond, where handing a task over must cost little beside the task itself.
import { Worker } from 'node:worker_threads'

/** What a worker posts for each task that it was posted, in the same order. */
export type WorkerAnswer<Result> = { readonly result: Result } | { readonly error: unknown }

export type WorkerPool<Task, Result> = {
  /** Tasks that wait or run. */
  taskCount(): number
  /** Rejects with what the task throws, or with an Error when its thread ends before it. */
  run(task: Task): Promise<Result>
  /** Ends the threads; what still waits is rejected. */
  close(): Promise<void>
}

type Waiting<Result> = { resolve(result: Result): void; reject(error: unknown): void }
type Thread<Result> = { readonly worker: Worker; readonly waiting: Waiting<Result>[] }

/** Beyond this a thread is given no more tasks while another could be started: one runs, one waits at the thread. */
const tasksPerThread = 2

/**
 * Threads start when the ones there are have enough to do, and end when nothing has been asked of the pool for `idleTimeoutMs`. A task is one
 * message to the thread with the fewest, and its answer one message back: no more, because at this size all else is what costs.
 */
export const createWorkerPool = <Task, Result>(options: {
  /** A module that answers each message of its `parentPort`, a task, with one WorkerAnswer. */
  readonly file: URL
  readonly threadsMax: number
  readonly idleTimeoutMs: number
}): WorkerPool<Task, Result> => {
  const threads: Thread<Result>[] = []
  let taskCount = 0
  let isClosed = false
  /** Runs from the first thread's start, and again from the end of the last task. */
  let idle: NodeJS.Timeout | undefined

  const end = (thread: Thread<Result>, reason: unknown): void => {
    const index = threads.indexOf(thread)
    if (index !== -1) threads.splice(index, 1)
    const left = thread.waiting.splice(0)
    taskCount -= left.length
    for (const waiting of left) waiting.reject(reason)
  }

  const endAll = async (reason: string): Promise<void> => {
    clearTimeout(idle)
    idle = undefined
    const ending = threads.slice()
    for (const thread of ending) end(thread, new Error(reason))
    await Promise.all(ending.map(({ worker }) => worker.terminate()))
  }

  const endIdle = (): void => {
    if (taskCount > 0) idle?.refresh()
    else void endAll('the worker threads were idle')
  }

  const startThread = (): Thread<Result> => {
    const worker = new Worker(options.file)
    const thread: Thread<Result> = { worker, waiting: [] }
    threads.push(thread)
    worker.unref()
    idle ??= setTimeout(endIdle, options.idleTimeoutMs).unref()
    worker.on('message', (answer: WorkerAnswer<Result>) => {
      const waiting = thread.waiting.shift()
      if (waiting === undefined) return
      taskCount -= 1
      if ('error' in answer) waiting.reject(answer.error)
      else waiting.resolve(answer.result)
      if (thread.waiting.length === 0) worker.unref()
      if (taskCount === 0) idle?.refresh()
    })
    worker.on('error', (error) => end(thread, error))
    worker.on('exit', (code) => end(thread, new Error(`a worker thread ended with exit code ${code}`)))
    return thread
  }

  const leastBusy = (): Thread<Result> => {
    let chosen: Thread<Result> | undefined
    for (const thread of threads)
      if (chosen === undefined || thread.waiting.length < chosen.waiting.length) chosen = thread
    const isEnough = chosen !== undefined && chosen.waiting.length < tasksPerThread
    return chosen === undefined || (!isEnough && threads.length < options.threadsMax) ? startThread() : chosen
  }

  return {
    taskCount: () => taskCount,
    run: (task) =>
      new Promise<Result>((resolve, reject) => {
        if (isClosed) throw new Error('the worker threads are closed')
        const thread = leastBusy()
        thread.worker.postMessage(task)
        if (thread.waiting.length === 0) thread.worker.ref()
        thread.waiting.push({ resolve, reject })
        taskCount += 1
      }),
    close: async () => {
      isClosed = true
      await endAll('the worker threads are closed')
    },
  }
}
