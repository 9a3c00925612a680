// Killing the process in the middle of writes: nothing acknowledged is lost, nothing is torn.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'
import { digestOf } from '../../src/store/digest.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { LogEntry, Store } from '../../src/store/store.ts'
import { crashCounter, crashKey, markersOf, partsCount, writersCount } from './crash-commit.ts'
import { allRecords, keysOf } from './records.ts'

const folder = mkdtempSync(join(tmpdir(), 'twinpool-crash-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const roundsCount = 20
type Acknowledgement = { readonly writer: number; readonly n: number; readonly position: number }

/**
 * Runs the writer, kills it `delayMs` after it has said `killAfter` acknowledgements, and returns all that it said. Without a delay every
 * kill would fall just behind the end of a group; with one it falls anywhere in the next ones.
 */
const writeAndKill = async (killAfter: number, delayMs: number): Promise<Acknowledgement[]> => {
  const path = new URL('./crash-writer.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [path, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const said: Acknowledgement[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const [writer = Number.NaN, n = Number.NaN, position = Number.NaN] = line.split(' ').map(Number)
    said.push({ writer, n, position })
    if (said.length === killAfter) setTimeout(() => child.kill('SIGKILL'), delayMs)
  }
  const [code, signal] = await ended
  expect([code, signal]).toEqual([null, 'SIGKILL'])
  return said
}

const logAfter = async (store: Store, after: number): Promise<LogEntry[]> => {
  const log: LogEntry[] = []
  for (;;) {
    const page = await store.readLog('pool', after + log.length, 1_000)
    if (page.length === 0) return log
    log.push(...page)
  }
}

/** Each writer's commits are there as a whole up to some number, and that number is what parts, marker, terms and counter all say. */
const checkWhole = async (store: Store, writer: number): Promise<number> => {
  const parts = await store.getMany(Array.from({ length: partsCount }, (_, part) => crashKey(writer, part)))
  const n = parts[0]?.version ?? 0
  for (const part of parts) {
    expect(part?.version ?? 0).toBe(n)
    if (part !== undefined) expect(Buffer.from(part.value).toString()).toBe(`${n} `.repeat(100))
  }
  expect(keysOf(await store.range(`pool/markers/${writer}-`, { limit: 10 }))).toEqual(markersOf(writer, n))
  expect(await store.counter(crashCounter(writer))).toBe(n)
  const found = n === 0 ? [] : await store.find(`n${n}`, `pool/parts/${writer}-`, { limit: 10 })
  expect(found).toHaveLength(n === 0 ? 0 : partsCount)
  return n
}

test(`a process killed ${roundsCount} times in the middle of writes loses no acknowledged commit and leaves none torn`, async () => {
  let before = 0
  let acknowledged = 0
  for (let round = 0; round < roundsCount; round += 1) {
    const said = await writeAndKill(1 + round * 37, round % 10)
    acknowledged += said.length
    const store = await openSqliteStore({ folder, clock: { now: () => 1 } })
    const head = await store.head('pool')
    const log = await logAfter(store, before)
    expect(log.map(({ position }) => position)).toEqual(
      Array.from({ length: head.position - before }, (_, index) => before + 1 + index),
    )
    for (const { writer, n, position } of said) {
      const entry = log[position - before - 1]
      expect(entry?.puts.find(({ key }) => key === crashKey(writer, 0))?.version).toBe(n)
    }
    let commits = 0
    for (let writer = 0; writer < writersCount; writer += 1) commits += await checkWhole(store, writer)
    expect(commits).toBe(head.position)
    const records = await allRecords(store, 'pool')
    expect(head.digest).toBe(digestOf(records))
    expect(log.at(-1)?.digest).toBe(head.digest)
    expect(await store.count('pool/parts')).toBe(
      records.filter(({ key }) => key.startsWith('pool/parts/')).length,
    )
    before = head.position
    await store.close()
  }
  expect(acknowledged).toBeGreaterThan(roundsCount)
})
