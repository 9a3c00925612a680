// Worker threads for small tasks: every task gets its own answer, a thread that dies takes only its tasks with it, idle threads end.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { createWorkerPool, type WorkerPool } from '../../src/srp/worker-pool.ts'

type Task = { readonly double: number } | { readonly fail: string } | 'die'
type Doubled = { readonly doubled: number; readonly thread: number }

const folder = mkdtempSync(join(tmpdir(), 'worker-pool-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'doubling.mjs')
writeFileSync(
  file,
  `import { parentPort, threadId } from 'node:worker_threads'
   parentPort.on('message', (task) => {
     if (task === 'die') process.exit(3)
     if (task.fail !== undefined) parentPort.postMessage({ error: new RangeError(task.fail) })
     else parentPort.postMessage({ result: { doubled: task.double * 2, thread: threadId } })
   })`,
)

const withPool = async (
  work: (pool: WorkerPool<Task, Doubled>) => Promise<void>,
  idleTimeoutMs = 60_000,
): Promise<void> => {
  const pool = createWorkerPool<Task, Doubled>({ file: pathToFileURL(file), threadsMax: 2, idleTimeoutMs })
  try {
    await work(pool)
  } finally {
    await pool.close()
  }
}

it('gives every task its own answer, on at most as many threads as it may have', () =>
  withPool(async (pool) => {
    const numbers = Array.from({ length: 200 }, (_, index) => index)
    const answers = await Promise.all(numbers.map((double) => pool.run({ double })))
    expect(answers.map(({ doubled }) => doubled)).toEqual(numbers.map((number) => number * 2))
    expect(new Set(answers.map(({ thread }) => thread)).size).toBe(2)
    expect(pool.taskCount()).toBe(0)
  }))

it('rejects a task that throws with what it threw, and goes on', () =>
  withPool(async (pool) => {
    const failing = pool.run({ fail: 'no such number' })
    const next = pool.run({ double: 4 })
    await expect(failing).rejects.toThrow('no such number')
    expect(await next).toMatchObject({ doubled: 8 })
  }))

it('rejects the tasks of a thread that dies, and starts another for the next', () =>
  withPool(async (pool) => {
    const results = await Promise.allSettled([pool.run('die'), pool.run({ double: 1 })])
    expect(results[0]).toMatchObject({
      status: 'rejected',
      reason: { message: 'a worker thread ended with exit code 3' },
    })
    expect(pool.taskCount()).toBe(0)
    expect(await pool.run({ double: 5 })).toMatchObject({ doubled: 10 })
  }))

it('ends its threads when nothing was asked of them for a while, and starts them again', () =>
  withPool(async (pool) => {
    const { thread } = await pool.run({ double: 1 })
    await expect
      .poll(async () => (await pool.run({ double: 1 })).thread, { interval: 40, timeout: 5_000 })
      .not.toBe(thread)
  }, 20))

it('rejects what waits when it is closed, and what comes later', async () => {
  const pool = createWorkerPool<Task, Doubled>({
    file: pathToFileURL(file),
    threadsMax: 1,
    idleTimeoutMs: 1_000,
  })
  const waiting = pool.run({ double: 1 })
  const closing = pool.close()
  await expect(waiting).rejects.toThrow('closed')
  await closing
  await expect(pool.run({ double: 1 })).rejects.toThrow('closed')
})
