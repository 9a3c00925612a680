// The follower's half of the store's contract: copying a stream from another store, and applying its log.
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { digestOf, emptyDigest } from '../../src/store/digest.ts'
import type { LogEntry, Store } from '../../src/store/store.ts'
import { Divergence } from '../../src/store/store.ts'
import { allRecords, keysOf, record, shown } from './records.ts'

const stream = 'pool'
const put = (store: Store, id: string, version: number, text = '') =>
  store.commit({ stream, put: [record(`pool/users/${id}`, version, text, [`t${text}`])] })
const drop = (store: Store, id: string) => store.commit({ stream, delete: [`pool/users/${id}`] })
const log = (store: Store, after = 0): Promise<LogEntry[]> => store.readLog(stream, after, 1_000)
const records = async (store: Store) => (await allRecords(store, stream)).map(shown)

const expectEqual = async (follower: Store, source: Store): Promise<void> => {
  expect(await records(follower)).toEqual(await records(source))
  expect(await follower.head(stream)).toEqual(await source.head(stream))
  expect((await follower.head(stream)).digest).toBe(digestOf(await allRecords(follower, stream)))
}

export const followerContract = (open: () => Promise<Store>): void => {
  describe('applying a log', () => {
    const sourceOf = async (): Promise<Store> => {
      const source = await open()
      await put(source, 'a', 1, 'A')
      await put(source, 'b', 1, 'B')
      await put(source, 'a', 2, 'A2')
      await drop(source, 'b')
      return source
    }

    test('an empty store that applies the whole log is equal to its source, log included', async () => {
      const [source, follower] = [await sourceOf(), await open()]
      const heard = vi.fn()
      follower.watch(stream, heard)
      expect(await follower.applyLog(stream, await log(source))).toEqual(await source.head(stream))
      await expectEqual(follower, source)
      expect(await log(follower)).toEqual(await log(source))
      expect(keysOf(await follower.find('tA2', 'pool/users/', { limit: 5 }))).toEqual(['pool/users/a'])
      expect(await follower.count('pool/users')).toBe(1)
      await vi.waitFor(() => expect(heard).toHaveBeenCalled())
    })

    test('entries at or before the head are passed over', async () => {
      const [source, follower] = [await sourceOf(), await open()]
      const entries = await log(source)
      await follower.applyLog(stream, entries.slice(0, 3))
      await follower.applyLog(stream, entries.slice(1))
      await follower.applyLog(stream, entries)
      await follower.applyLog(stream, [])
      await expectEqual(follower, source)
    })

    test('a gap is a Divergence and nothing is applied', async () => {
      const [source, follower] = [await sourceOf(), await open()]
      const entries = await log(source)
      const gapped = entries.filter(({ position }) => position !== 2)
      await expect(follower.applyLog(stream, gapped)).rejects.toThrow(Divergence)
      expect(await follower.head(stream)).toEqual({ position: 0, epoch: 0, digest: emptyDigest })
      expect(await records(follower)).toEqual([])
      expect(await log(follower)).toEqual([])
      await follower.applyLog(stream, entries)
      await expectEqual(follower, source)
    })

    test('a record that was changed behind the log is found by the digest at the next entry', async () => {
      const [source, follower] = [await sourceOf(), await open()]
      const entries = await log(source)
      const [first, ...rest] = entries
      if (first === undefined) throw new Error('the source has entries')
      const forged = { ...first, puts: first.puts.map((one) => ({ ...one, value: new Uint8Array([1]) })) }
      await expect(follower.applyLog(stream, [forged, ...rest])).rejects.toThrow(Divergence)
      expect(await records(follower)).toEqual([])
      await follower.applyLog(stream, [first])
      await put(follower, 'stray', 1)
      await expect(follower.applyLog(stream, rest.slice(1))).rejects.toThrow(Divergence)
      expect((await follower.head(stream)).position).toBe(2)
    })

    test('an entry of an older epoch is a Divergence', async () => {
      const [source, follower] = [await sourceOf(), await open()]
      await follower.applyLog(stream, await log(source))
      await follower.raiseEpoch(stream, 2)
      await put(source, 'c', 1)
      await put(source, 'd', 1)
      const late = (await log(source)).slice(5)
      await expect(follower.applyLog(stream, late)).rejects.toThrow(Divergence)
    })

    test("a follower carries its source's epochs on", async () => {
      const [source, follower] = [await sourceOf(), await open()]
      await source.raiseEpoch(stream, 3)
      await put(source, 'c', 1)
      await follower.applyLog(stream, await log(source))
      await expectEqual(follower, source)
      expect((await follower.head(stream)).epoch).toBe(3)
    })

    test('a refused log leaves no trace and does not hurt what is committed beside it', async () => {
      const [source, follower] = [await sourceOf(), await open()]
      const entries = await log(source)
      const forged = entries.map((entry) =>
        entry.position === 4 ? { ...entry, digest: emptyDigest } : entry,
      )
      const other = (id: string) =>
        follower.commit({ stream: 'other', put: [record(`other/users/${id}`, 1, '', ['t'])] })
      const outcomes = await Promise.allSettled([
        other('a'),
        follower.applyLog(stream, forged),
        other('b'),
        follower.applyLog(stream, entries),
        other('c'),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
        'fulfilled',
      ])
      await expectEqual(follower, source)
      expect((await follower.head('other')).digest).toBe(digestOf(await allRecords(follower, 'other')))
      expect(keysOf(await follower.find('t', 'other/users/', { limit: 5 }))).toHaveLength(3)
      expect(await follower.count('other/users')).toBe(3)
      expect(await follower.count('pool/users')).toBe(1)
    })

    test("an entry that reaches into another stream's scope is refused", async () => {
      const follower = await open()
      const source = await open()
      await source.commit({ stream: 'other', put: [record('other/users/a', 1, '')] })
      await expect(follower.applyLog(stream, await source.readLog('other', 0, 10))).rejects.toThrow(
        RangeError,
      )
      expect(await allRecords(follower, 'other')).toEqual([])
    })
  })

  describe('copying', () => {
    test('beginCopy drops what the stream had and stands at the position where the copy began', async () => {
      const follower = await open()
      for (let n = 0; n < 5; n += 1) await put(follower, `old${n}`, 1)
      await follower.beginCopy(stream, 17, 2)
      expect(await follower.head(stream)).toEqual({
        position: 17,
        epoch: 2,
        digest: emptyDigest,
        copy: { from: 17 },
      })
      expect(await records(follower)).toEqual([])
      expect(await follower.readLog(stream, 17, 10)).toEqual([])
      await expect(follower.readLog(stream, 16, 10)).rejects.toThrow(RangeError)
    })

    test('the head tells how far the copy got', async () => {
      const follower = await open()
      await follower.beginCopy(stream, 5, 0)
      await follower.copyPage(stream, [record('pool/users/a', 1, '')], { after: 'pool/users/a' })
      expect((await follower.head(stream)).copy).toEqual({ from: 5, after: 'pool/users/a' })
      await follower.copyPage(stream, [], { until: 9 })
      expect((await follower.head(stream)).copy).toEqual({ from: 5, after: 'pool/users/a', until: 9 })
    })

    test('pages, then the log from where the copy began, make a store equal, while the source goes on changing', async () => {
      const pageSize = 3
      const step = fc.array(
        fc.record({
          id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
          kind: fc.constantFrom('put', 'put', 'delete'),
        }),
        { maxLength: 6 },
      )
      await fc.assert(
        fc.asyncProperty(step, fc.array(step, { maxLength: 4 }), async (before, during) => {
          const [source, follower] = [await open(), await open()]
          let version = 0
          const change = async (steps: typeof before) => {
            for (const { id, kind } of steps) {
              version += 1
              if (kind === 'put') await put(source, id, version, String(version))
              else await drop(source, id)
            }
          }
          await change(before)
          const { position: from, epoch } = await source.head(stream)
          await follower.beginCopy(stream, from, epoch)
          const pending = [...during]
          for (let after: string | undefined; ; ) {
            const page = await source.range('pool/', { after, limit: pageSize })
            const { position } = await source.head(stream)
            after = page.at(-1)?.key ?? after
            const isLast = page.length < pageSize
            await follower.copyPage(stream, page, isLast ? { after, until: position } : { after })
            await change(pending.shift() ?? [])
            if (isLast) break
          }
          for (const steps of pending) await change(steps)
          await follower.applyLog(stream, await log(source, from))
          expect((await follower.head(stream)).copy).toBeUndefined()
          await expectEqual(follower, source)
          await Promise.all([source.close(), follower.close()])
        }),
        { numRuns: 12 },
      )
    })

    test('a copy during which nothing changed ends with its last page', async () => {
      const [source, follower] = [await open(), await open()]
      await put(source, 'a', 1, 'A')
      await follower.beginCopy(stream, 1, 0)
      await follower.copyPage(stream, await allRecords(source, stream), { until: 1 })
      await expectEqual(follower, source)
    })

    test('a record already stored with a higher version stays', async () => {
      const follower = await open()
      await follower.beginCopy(stream, 0, 0)
      await follower.copyPage(stream, [record('pool/users/a', 5, 'newer')], {})
      await follower.copyPage(stream, [record('pool/users/a', 4, 'older')], {})
      expect(shown(await follower.get('pool/users/a'))?.value).toBe('newer')
    })

    test('while copying, a logged delete spares a record that is newer than what it removed', async () => {
      const [source, follower] = [await open(), await open()]
      await put(source, 'a', 1, 'one')
      await drop(source, 'a')
      await put(source, 'a', 2, 'two')
      await put(source, 'b', 1, 'B')
      await follower.beginCopy(stream, 0, 0)
      await follower.copyPage(stream, await allRecords(source, stream), { until: 4 })
      const entries = await log(source)
      await follower.applyLog(stream, entries.slice(0, 2))
      expect(shown(await follower.get('pool/users/a'))?.value).toBe('two')
      expect((await follower.head(stream)).copy).toBeDefined()
      await follower.applyLog(stream, entries.slice(2))
      await expectEqual(follower, source)
    })

    test('a copy that lacks a record is a Divergence where the copy ends, and stays a copy', async () => {
      const [source, follower] = [await open(), await open()]
      await put(source, 'a', 1)
      await put(source, 'b', 1)
      await put(source, 'c', 1)
      await follower.beginCopy(stream, 2, 0)
      await follower.copyPage(stream, [record('pool/users/a', 1, '', ['t'])], { until: 3 })
      await expect(follower.applyLog(stream, await log(source, 2))).rejects.toThrow(Divergence)
      expect(await follower.head(stream)).toMatchObject({ position: 2, copy: { from: 2, until: 3 } })
    })

    test('a copy lets nobody else change the stream, and takes no page that is not its own', async () => {
      const follower = await open()
      await expect(follower.copyPage(stream, [], {})).rejects.toThrow(RangeError)
      await follower.beginCopy(stream, 2, 0)
      await expect(put(follower, 'a', 1)).rejects.toThrow(RangeError)
      await expect(follower.raiseEpoch(stream, 5)).rejects.toThrow(RangeError)
      await expect(follower.copyPage(stream, [record('other/users/a', 1, '')], {})).rejects.toThrow(
        RangeError,
      )
      expect(await follower.head(stream)).toMatchObject({ position: 2, epoch: 0, digest: emptyDigest })
    })
  })
}
