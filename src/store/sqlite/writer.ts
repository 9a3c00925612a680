// The writing thread: takes whatever is waiting, makes it durable as one group, answers, and goes on until nothing is left.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { storeFailure } from './failure.ts'
import type { FromWriter, Request, WriterOptions } from './messages.ts'
import { sendError } from './messages.ts'
import { openWriter } from './schema.ts'
import { createWriterEngine } from './writer-engine.ts'

/** One transaction takes at most this much, so that the first in it need not wait for the last. */
const groupJobsMax = 512
const groupBytesMax = 8 * 1024 * 1024

if (parentPort === null) throw new Error('the writer runs as a worker thread only')
const port = parentPort
const send = (message: FromWriter): void => port.postMessage(message)

const serve = (options: WriterOptions): void => {
  const database = openWriter(options.path, options.sizeMaxBytes)
  const engine = createWriterEngine(database, options)
  /** Bounded by the sender, which lets only so much be unanswered. */
  const waiting: Request[] = []
  let closing: Request | undefined
  /** Housekeeping failed (whoever waited for it was told): it is tried again when something new comes, and not before. */
  let isHouseResting = false

  const receive = (): void => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
      waiting.push(...(next.message as Request[]))
  }

  const takeGroup = (): Request[] => {
    const group: Request[] = []
    let taken = 0
    let bytes = 0
    for (const request of waiting) {
      if (group.length > 0 && (group.length >= groupJobsMax || bytes + request.bytes > groupBytesMax)) break
      taken += 1
      if (request.job.kind === 'close') {
        closing = request
        continue
      }
      if (engine.defer(request)) continue
      group.push(request)
      bytes += request.bytes
      // What comes after a drop must wait until it is done.
      if (request.job.kind === 'drop') break
    }
    waiting.splice(0, taken)
    return group
  }

  const keepHouse = (): void => {
    const { replies, released, hasFailed } = engine.keepHouse()
    waiting.unshift(...released)
    isHouseResting = hasFailed
    if (replies.length > 0) send({ kind: 'done', replies, grown: [] })
  }

  const close = ({ id }: Request): void => {
    try {
      database.close()
      send({ kind: 'done', replies: [{ id, result: {} }], grown: [] })
    } catch (error) {
      send({ kind: 'done', replies: [{ id, error: sendError(storeFailure(error, 'closing')) }], grown: [] })
    }
    port.close()
  }

  const work = (): void => {
    for (;;) {
      receive()
      const group = takeGroup()
      if (group.length > 0) {
        send(engine.run(group))
        isHouseResting = false
      }
      if (!isHouseResting && engine.hasHousekeeping()) keepHouse()
      else if (group.length === 0 && waiting.length === 0) break
    }
    if (closing !== undefined) close(closing)
  }

  port.on('message', (requests: Request[]) => {
    waiting.push(...requests)
    isHouseResting = false
    work()
  })
  send({ kind: 'ready' })
  work()
}

try {
  serve(workerData as WriterOptions)
} catch (error) {
  send({ kind: 'refused', error: sendError(storeFailure(error, 'opening the database')) })
}
