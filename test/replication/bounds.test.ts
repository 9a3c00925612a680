// What keeps replication from growing without end or running in circles (src/replication/SPEC.md, I9).
import { expect, test } from 'vitest'
import { createCopyHandlers } from '../../src/replication/copy.ts'
import { decodeCopyFrame, encodeCopyFrame } from '../../src/replication/copy-frames.ts'
import { createFeed } from '../../src/replication/feed.ts'
import { decodeFrame, encodeEntries, encodeHeartbeat } from '../../src/replication/feed-frames.ts'
import { createInbox } from '../../src/replication/inbox.ts'
import { startRepeater } from '../../src/replication/repeater.ts'
import { backOffMs } from '../../src/replication/timer.ts'
import type { LogEntry, Store } from '../../src/store/store.ts'
import { createDice } from './simulation/dice.ts'
import { createMemoryStore } from './simulation/memory-store.ts'
import { createSimulatedTime } from './simulation/time.ts'
import { poolId, secondaryRegion, writer } from './support/pair.ts'

const entry = (position: number, byteLength: number): LogEntry => ({
  position,
  epoch: 0,
  committedAtMs: position,
  puts: [{ key: `${poolId}/users/${position}`, version: 1, value: new Uint8Array(byteLength), terms: ['t'] }],
  deletes: [],
  digest: '0'.repeat(64),
})

test('frames hold entries of about a megabyte together, and come out as they went in', () => {
  const entries = [1, 2, 3, 4, 5].map((position) => entry(position, 400_000))
  const frames = [...encodeEntries(entries)]
  expect(frames.length).toBe(3)
  expect(frames.every(({ length }) => length <= 1024 * 1024)).toBe(true)
  const decoded = frames.flatMap((bytes) => {
    const frame = decodeFrame(bytes)
    return frame?.kind === 'entries' ? frame.entries : []
  })
  expect(decoded.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5])
  expect(Buffer.concat([...encodeEntries(decoded)]).equals(Buffer.concat(frames))).toBe(true)
  expect([...encodeEntries([entry(1, 3_000_000)])].length).toBe(1)
})

test('a broken frame is an error and not a wrong entry', () => {
  const [whole = Buffer.alloc(0)] = encodeEntries([entry(1, 100)])
  for (const length of [3, whole.length - 1]) expect(() => decodeFrame(whole.subarray(0, length))).toThrow()
  expect(() => decodeFrame(Buffer.from([9, 9]))).toThrow()
  const heartbeat = { position: 7, epoch: 2, digest: 'ab'.repeat(32), atMs: 99 }
  expect(decodeFrame(encodeHeartbeat(heartbeat))).toMatchObject({ kind: 'heartbeat', heartbeat })
  expect(() => decodeFrame(encodeHeartbeat(heartbeat).subarray(0, 40))).toThrow()
  expect(decodeFrame(new Uint8Array())).toBeUndefined()
})

test('a frame of a copy comes out as it went in, and not at all when a bit of it has changed or its end is missing', () => {
  const record = (index: number, terms: readonly string[]) => ({
    key: `${poolId}/users/${index}`,
    version: 2 ** 40 + index,
    terms,
    value: Buffer.alloc(index * 50, index),
  })
  const frame = {
    after: `${poolId}/clients/1`,
    records: [record(0, []), record(1, ['a']), record(2, ['a', 'b:c'])],
    position: 77,
    isLast: false,
  }
  const bytes = encodeCopyFrame(frame)
  expect(decodeCopyFrame(bytes)).toEqual({ ...frame, byteLength: bytes.length })
  const last = { after: '', records: [], position: 3, isLast: true }
  expect(decodeCopyFrame(encodeCopyFrame(last))).toMatchObject(last)
  for (let length = 0; length < bytes.length; length += 1)
    expect(() => decodeCopyFrame(bytes.subarray(0, length))).toThrow(/frame of the copy/)
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(() => decodeCopyFrame(changed)).toThrow('has changed on its way')
  }
})

test('a copy reads on only when its last frame was taken', async () => {
  const { clock, timer, pass } = createSimulatedTime()
  const store = createMemoryStore(clock)
  await writer(store).begin()
  await writer(store).add(500)
  let reads = 0
  const counting: Store = {
    ...store,
    range: async (...given) => {
      reads += 1
      return store.range(...given)
    },
  }
  const { records } = createCopyHandlers({
    store: counting,
    clock,
    timer,
    authorise: async () => {},
    copying: () => {},
    frameRecordsMax: 10,
  })
  const frames = records(secondaryRegion, { poolId }, new AbortController().signal)[Symbol.asyncIterator]()
  await frames.next()
  await pass(1_000)
  expect(reads).toBe(1)
  const second = frames.next()
  await pass(1_000)
  expect(decodeCopyFrame((await second).value as Uint8Array).records).toHaveLength(10)
  expect(reads).toBe(2)
  await frames.return?.(undefined)
})

test('the feed reads the next batch only when the last one was taken', async () => {
  const { clock, timer } = createSimulatedTime()
  const store = createMemoryStore(clock)
  await writer(store).begin()
  await writer(store).add(5_000)
  let reads = 0
  const counting: Store = {
    ...store,
    readLog: async (...given) => {
      reads += 1
      return store.readLog(...given)
    },
  }
  const feed = createFeed({
    store: counting,
    clock,
    timer,
    authorise: async () => {},
    foundOlder: async () => {},
  })
  const gone = new AbortController()
  const frames = feed(secondaryRegion, { poolId, after: 0, epoch: 0 }, gone.signal)[Symbol.asyncIterator]()
  await frames.next()
  expect(reads).toBe(1)
  let last = 0
  while (last < 5_001) {
    const { value } = await frames.next()
    const frame = decodeFrame(value as Uint8Array)
    if (frame?.kind === 'entries') last = frame.entries.at(-1)?.position ?? last
  }
  expect(reads).toBe(3)
  gone.abort()
  await frames.return?.(undefined)
})

test('an inbox that is full makes the feed wait until the follower has taken what is there', async () => {
  const inbox = createInbox(100)
  const frame = { kind: 'entries', entries: [], byteLength: 60 } as const
  await inbox.put(frame)
  let isIn = false
  const second = inbox.put(frame).then(() => {
    isIn = true
  })
  await Promise.resolve()
  expect(isIn).toBe(false)
  expect(await inbox.take()).toHaveLength(2)
  await second
  inbox.fail(new Error('gone'))
  await expect(inbox.take()).rejects.toThrow('gone')
})

test('what fails is tried again later and later, up to a bound, and half of the pause is chance', () => {
  const limits = { firstMs: 100, mostMs: 5_000 }
  for (let failures = 1; failures < 100; failures += 1) {
    const aim = Math.min(5_000, 100 * 2 ** (failures - 1))
    const ms = backOffMs(failures, limits, createDice(failures))
    expect(ms).toBeGreaterThanOrEqual(aim / 2)
    expect(ms).toBeLessThanOrEqual(aim)
  }
})

test('a task that always fails runs a few times a minute, however often it is nudged; never twice at once', async () => {
  const { timer, pass } = createSimulatedTime()
  let runs = 0
  let atOnce = 0
  const repeater = startRepeater({
    timer,
    random: createDice(1),
    backOff: { firstMs: 200, mostMs: 10_000 },
    pauseMs: 10,
    run: async () => {
      runs += 1
      atOnce += 1
      expect(atOnce).toBe(1)
      await timer.wait(50)
      atOnce -= 1
      throw new Error('no')
    },
    failed: () => {},
  })
  for (let step = 0; step < 600; step += 1) {
    repeater.nudge()
    await pass(100)
  }
  expect(runs).toBeGreaterThan(8)
  expect(runs).toBeLessThan(25)
  const ended = repeater.stop()
  await pass(100)
  await ended
})

test('a task runs once more when it was nudged while it ran, and on its own every so often', async () => {
  const { timer, pass } = createSimulatedTime()
  let runs = 0
  const repeater = startRepeater({
    timer,
    random: createDice(1),
    backOff: { firstMs: 1, mostMs: 1 },
    pauseMs: 10,
    everyMs: 1_000,
    run: async () => {
      runs += 1
      await timer.wait(5)
      return undefined
    },
    failed: () => {},
  })
  repeater.nudge()
  await pass(2)
  repeater.nudge()
  repeater.nudge()
  await pass(500)
  expect(runs).toBe(2)
  await pass(1_000)
  expect(runs).toBe(3)
  const ended = repeater.stop()
  await pass(1)
  await ended
})
