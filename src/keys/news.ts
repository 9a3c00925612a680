// News for other Regions' key services: kept durably until delivered, tried again with growing pauses while a Region can't be reached.
import type { Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import { isFault } from '../wire/fault.ts'
import type { KeyRecords, OutboxRecord } from './key-records.ts'
import type { PeerKeyServices, PeerMessage } from './peers.ts'

const pauseMinMs = 200
const pauseMaxMs = 30_000
const batchMax = 100

export type News = {
  /** Resolves when the message is kept; it is delivered in the background. */
  tell(region: string, message: PeerMessage): Promise<void>
  /** The message as it is kept, for a commit that has to keep it together with something else; `nudge` then delivers it. */
  recordOf(region: string, message: PeerMessage): OutboxRecord
  nudge(): void
  close(): Promise<void>
}

export const createNews = (options: {
  readonly records: KeyRecords
  readonly peers: PeerKeyServices
  readonly random: Random
  readonly log: Logger
}): News => {
  const { records, peers, log } = options
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let pauseMs = pauseMinMs
  let delivering: Promise<void> | undefined

  const deliver = async (): Promise<void> => {
    let hasFailed = false
    for (const stored of await records.outbox.list(undefined, batchMax)) {
      if (isClosed) return
      try {
        await peers.send(stored.value.region, stored.value.message as PeerMessage)
      } catch (error) {
        if (!isFault(error)) {
          hasFailed = true
          continue
        }
        log.warn({ err: error, region: stored.value.region }, 'a Region refused news of a related key')
      }
      await records.outbox.delete(stored)
    }
    if (!hasFailed) {
      pauseMs = pauseMinMs
      return
    }
    pauseMs = Math.min(pauseMs * 2, pauseMaxMs)
    timer = setTimeout(start, pauseMs)
  }
  const start = (): void => {
    clearTimeout(timer)
    delivering = (delivering ?? Promise.resolve()).then(deliver).catch((error: unknown) => {
      log.error({ err: error }, 'news of related keys could not be read')
    })
  }

  const recordOf: News['recordOf'] = (region, message) => ({
    id: options.random.bytes(16).toString('hex'),
    region,
    message,
  })

  start()
  return {
    tell: async (region, message) => {
      await records.outbox.create(recordOf(region, message))
      if (!isClosed) start()
    },
    recordOf,
    nudge: () => {
      if (!isClosed) start()
    },
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await delivering
    },
  }
}
