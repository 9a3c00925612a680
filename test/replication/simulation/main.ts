// `npm run simulate -- --seeds 100000 [--from 1] [--jobs 2] [--steps 60] [--trace]`: runs until one fails, and says which. Exit code 1 then.
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { SimulationFailure, simulate } from './simulate.ts'

type Share = { readonly from: number; readonly every: number; readonly until: number; readonly steps: number }
type News =
  | { readonly kind: 'ran'; readonly seed: number; readonly counts: ReadonlyMap<string, number> }
  | { readonly kind: 'failed'; readonly seed: number; readonly message: string }

const jobsMax = 64
const progressEveryMs = 5_000

const wholeNumber = (name: string, text: string, most: number): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0 || value > most)
    throw new RangeError(`--${name} takes a whole number from 0 to ${most}`)
  return value
}

const messageOf = (error: unknown): string =>
  error instanceof SimulationFailure
    ? `${error.message}${error.cause instanceof Error ? `\n${error.cause.stack}` : ''}`
    : String(error instanceof Error ? error.stack : error)

/** Runs in a thread of its own: every so many-th seed. */
const runShare = async ({ from, every, until, steps }: Share): Promise<void> => {
  for (let seed = from; seed < until; seed += every) {
    try {
      const { counts } = await simulate(seed, { steps })
      parentPort?.postMessage({ kind: 'ran', seed, counts } satisfies News)
    } catch (error) {
      parentPort?.postMessage({ kind: 'failed', seed, message: messageOf(error) } satisfies News)
      return
    }
  }
}

const runAll = async (from: number, until: number, jobs: number, steps: number): Promise<boolean> => {
  const startMs = performance.now()
  const totals = new Map<string, number>()
  let ran = 0
  const progress = (): string => {
    const perSecond = ran / ((performance.now() - startMs) / 1_000)
    const [copies, takeovers, applied] = ['copy', 'takeover', 'applied'].map((kind) => totals.get(kind) ?? 0)
    return `${ran} of ${until - from} runs, ${perSecond.toFixed(1)}/s; ${takeovers} takeovers, ${copies} copies, ${applied} entries applied`
  }
  const ticking = setInterval(() => console.log(progress()), progressEveryMs)
  const failures: { readonly seed: number; readonly message: string }[] = []
  const workers: Worker[] = []
  const work = (share: Share): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: share })
      workers.push(worker)
      worker.on('error', reject)
      worker.on('exit', () => resolve())
      worker.on('message', (news: News) => {
        if (news.kind === 'failed') {
          failures.push(news)
          for (const other of workers) void other.terminate()
          return
        }
        ran += 1
        for (const [kind, count] of news.counts) totals.set(kind, (totals.get(kind) ?? 0) + count)
      })
    })
  try {
    await Promise.all(
      Array.from({ length: jobs }, (_, index) => work({ from: from + index, every: jobs, until, steps })),
    )
  } finally {
    clearInterval(ticking)
  }
  console.log(progress())
  for (const { message } of failures) console.error(message)
  return failures.length === 0
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '1' },
      steps: { type: 'string', default: '60' },
      trace: { type: 'boolean', default: false },
    },
  })
  const from = wholeNumber('from', values.from, 2 ** 32)
  const until = from + wholeNumber('seeds', values.seeds, 2 ** 32)
  const steps = wholeNumber('steps', values.steps, 1_000_000)
  if (values.trace) {
    try {
      for (let seed = from; seed < until; seed += 1) await simulate(seed, { steps, say: console.log })
    } catch (error) {
      console.error(messageOf(error))
      process.exitCode = 1
    }
    return
  }
  const jobs = Math.max(1, wholeNumber('jobs', values.jobs, jobsMax))
  if (!(await runAll(from, until, jobs, steps))) process.exitCode = 1
}

if (isMainThread) await main()
else await runShare(workerData as Share)
