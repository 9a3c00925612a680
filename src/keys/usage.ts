// When each key was last used: noted in memory at every use, written now and then, so that using a key costs no commit.
import { KeyLastUsageTrackingOperation } from '@aws-sdk/client-kms'
import { Conflict } from '../store/store.ts'
import type { Logger } from '../telemetry/log.ts'
import type { KeyRecords, UsageRecord } from './key-records.ts'

const writeEveryMs = 60_000
/** Keys that were used since the last write. */
const notedMax = 10_000

/** The operations that count as use; ReEncrypt uses two keys. */
const operations: ReadonlySet<string> = new Set(Object.values(KeyLastUsageTrackingOperation))

export const isUse = (operation: string): operation is UsageRecord['operation'] => operations.has(operation)

export type Usage = {
  note(use: UsageRecord): void
  last(keyId: string): Promise<UsageRecord | undefined>
  close(): Promise<void>
}

export const createUsage = (records: KeyRecords, log: Logger): Usage => {
  let noted = new Map<string, UsageRecord>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const writeOne = async (use: UsageRecord): Promise<void> => {
    const stored = await records.usage.get(use.keyId)
    if (stored === undefined) return records.usage.create(use)
    if (stored.value.atMs < use.atMs) await records.usage.replace(stored, use)
  }
  const writeAll = async (): Promise<void> => {
    timer = undefined
    const uses = noted
    noted = new Map()
    for (const use of uses.values())
      try {
        await writeOne(use)
      } catch (error) {
        // Another node noted a use of the same key: it is as late as this one.
        if (!(error instanceof Conflict)) log.warn({ err: error }, 'the last use of a key could not be kept')
      }
  }
  const write = (): Promise<void> => {
    clearTimeout(timer)
    writing = writing.then(writeAll)
    return writing
  }

  return {
    note: (use) => {
      if (noted.size >= notedMax && !noted.has(use.keyId)) return
      noted.set(use.keyId, use)
      timer ??= setTimeout(() => void write(), writeEveryMs).unref()
    },
    last: async (keyId) => {
      const latest = noted.get(keyId)
      if (latest !== undefined) return latest
      await writing
      return (await records.usage.get(keyId))?.value
    },
    close: write,
  }
}
