// Search terms of a copy, which are filed later than its records: at its end the index is whole, whatever comes between.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { digestOf } from '../../src/store/digest.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Put, Store } from '../../src/store/store.ts'
import { StoreFailure } from '../../src/store/store-errors.ts'
import { copiedPosition, copiedRecords, copiedStream, copyInto, indexIn, indexOf } from './copied-records.ts'
import { allRecords, keysOf, record } from './records.ts'

const clock = { now: () => 1 }
const root = mkdtempSync(join(tmpdir(), 'twinpool-filing-'))
let folders = 0
const newFolder = (): string => {
  folders += 1
  return join(root, String(folders))
}
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** More than are left to be filed later at a time: 260,000 terms. */
const many = { count: 1_300, termsEach: 200 } as const

const expectWhole = async (store: Store, folder: string, expected: readonly Put[]): Promise<void> => {
  const records = await allRecords(store, copiedStream)
  const head = await store.head(copiedStream)
  expect(head.copy).toBeUndefined()
  expect(keysOf(records)).toEqual(keysOf(expected))
  expect(head.digest).toBe(digestOf(records))
  await store.close()
  // Compared as one text: a difference in so many lines is not worth printing.
  expect(indexIn(folder).join('\n') === indexOf(expected).join('\n')).toBe(true)
}

test('a copy of many pages ends with the index of all its records', async () => {
  const folder = newFolder()
  const store = await openSqliteStore({ folder, clock })
  const records = copiedRecords(many.count, many.termsEach)
  await copyInto(store, records, 100)
  const found = await store.find('all', `${copiedStream}/users/`, { limit: 10_000 })
  expect(found).toHaveLength(many.count / 2)
  await expectWhole(store, folder, records)
})

test('a process killed again and again while it copies ends with the index of all records', async () => {
  const folder = newFolder()
  const path = new URL('./crash-copier.ts', import.meta.url).pathname
  const pageRecords = 40
  /** True when the process came to the end of the copy before it was killed. */
  const run = async (killAtPage: number, killAfterMs: number): Promise<boolean> => {
    const { count, termsEach } = many
    const values = [count, termsEach, pageRecords, killAtPage, killAfterMs].map(String)
    const child = spawn(process.execPath, [path, folder, ...values], { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(child, 'close')
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const [code, signal] = await closed
    const isDone = said === 'done\n'
    expect([code, signal]).toEqual(isDone ? [0, null] : [null, 'SIGKILL'])
    return isDone
  }
  // Each run ends a few pages on, the last of these where the terms are filed.
  for (let stored = 0; stored < many.count; stored += 7 * pageRecords) expect(await run(7, 0)).toBe(false)
  // And ever later while they are.
  for (let killAfterMs = 1; !(await run(Number.POSITIVE_INFINITY, killAfterMs)); ) killAfterMs *= 3
  const store = await openSqliteStore({ folder, clock })
  await expectWhole(store, folder, copiedRecords(many.count, many.termsEach))
})

/** Pages in any order, with or without their place, again and again, and the store closed in between. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('next' as const), size: fc.integer({ min: 0, max: 5 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('any' as const),
      from: fc.integer({ min: 0, max: 19 }),
      size: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('entry' as const), at: fc.integer({ min: 0, max: 24 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const) }) },
)

test('whatever pages and log entries come in whatever order, the index is that of the records', async () => {
  const all = copiedRecords(20, 4)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const folder = newFolder()
      let store = await openSqliteStore({ folder, clock })
      const source = await openSqliteStore({ folder: newFolder(), clock })
      await source.commit({ stream: copiedStream, put: all })
      await store.beginCopy(copiedStream, 1, 0)
      let next = 0
      let applied = 1
      /** As the source has them now: what it has deleted comes with no page that is read later. */
      const pageOf = async (from: number, size: number) => {
        const keys = new Set(all.slice(from, from + size).map(({ key }) => key))
        return (await allRecords(source, copiedStream)).filter(({ key }) => keys.has(key))
      }
      for (const one of steps) {
        if (one.kind === 'next') {
          const page = await pageOf(next, one.size)
          next = Math.min(next + one.size, all.length)
          await store.copyPage(copiedStream, page, { after: all[next - 1]?.key })
        } else if (one.kind === 'any') {
          await store.copyPage(copiedStream, await pageOf(one.from, one.size), {})
        } else if (one.kind === 'entry') {
          const key = `${copiedStream}/users/${String(one.at).padStart(6, '0')}`
          const present = await source.get(key)
          const changed = record(key, applied + 1, 'changed', [`changed${one.at}`, 'all'])
          if (present !== undefined && one.at % 3 === 0)
            await source.commit({ stream: copiedStream, delete: [key] })
          else await source.commit({ stream: copiedStream, put: [changed] })
          await store.applyLog(copiedStream, await source.readLog(copiedStream, applied, 1))
          applied += 1
        } else {
          await store.close()
          store = await openSqliteStore({ folder, clock })
        }
      }
      // What is there now is copied once more as a whole, so that the copy can end.
      const { position } = await source.head(copiedStream)
      await store.copyPage(copiedStream, await allRecords(source, copiedStream), { until: position })
      const gone = (await store.head(copiedStream)).copy
      if (gone === undefined) {
        const expected = await allRecords(store, copiedStream)
        await expectWhole(store, folder, expected)
      } else await store.close()
      await source.close()
    }),
    { numRuns: 15 },
  )
})

test('other commits go through while terms are filed', async () => {
  const folder = newFolder()
  const store = await openSqliteStore({ folder, clock })
  const records = copiedRecords(many.count, many.termsEach)
  await store.beginCopy(copiedStream, copiedPosition, 0)
  const but = records.slice(0, -1)
  for (let at = 0; at < but.length; at += 100) {
    const page = but.slice(at, at + 100)
    await store.copyPage(copiedStream, page, { after: page.at(-1)?.key })
  }
  const order: string[] = []
  const last = records.slice(-1)
  const copied = store
    .copyPage(copiedStream, last, { until: copiedPosition })
    .then(() => order.push('copied'))
  for (let n = 1; n <= 5; n += 1) {
    await store.commit({ put: [record('@region/a/b', n, '')] })
    order.push('committed')
  }
  await copied
  expect(order).toEqual(['committed', 'committed', 'committed', 'committed', 'committed', 'copied'])
  await expectWhole(store, folder, records)
})

test('a copy whose terms find no room is told so, and goes on once there is room', async () => {
  const folder = newFolder()
  const records = copiedRecords(many.count, many.termsEach)
  const small = await openSqliteStore({ folder, clock, sizeMaxBytes: 6 * 1024 * 1024 })
  await expect(copyInto(small, records, 100)).rejects.toThrow(StoreFailure)
  expect((await small.head(copiedStream)).copy?.after).toBeDefined()
  await small.close()
  const store = await openSqliteStore({ folder, clock })
  await copyInto(store, records, 100)
  await expectWhole(store, folder, records)
})

test('a copy that is begun anew in the middle has the index of what came last', async () => {
  const folder = newFolder()
  const store = await openSqliteStore({ folder, clock })
  const [before, after] = [copiedRecords(50, 9), copiedRecords(30, 5)]
  await store.beginCopy(copiedStream, copiedPosition, 0)
  await store.copyPage(copiedStream, before.slice(0, 40), { after: before[39]?.key })
  await store.beginCopy(copiedStream, copiedPosition, 0)
  expect(await store.find('~000001', '', { limit: 5 })).toEqual([])
  await copyInto(store, after, 10)
  await expectWhole(store, folder, after)
})
