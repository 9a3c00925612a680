// The development inbox: which messages it keeps, for how long, and that nobody reads them in the store.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMessages } from '../../src/messages/create-messages.ts'
import { inbox, inboxMessagesMax, readInbox } from '../../src/messages/inbox.ts'
import { Conflict } from '../../src/store/store.ts'
import { Fault } from '../../src/wire/fault.ts'
import { startUsersDirectory, type UsersDirectory } from '../support/users-directory.ts'

let directory: UsersDirectory
beforeAll(async () => {
  directory = await startUsersDirectory()
})
afterAll(() => directory.close())

const send = (poolId: string, body: string, to = 'ann@x.example') =>
  directory.runtime.messages.send({ poolId, to, channel: 'EMAIL', subject: 'Subject', body, code: '123456' })
const bodies = async (poolId: string, destination?: string) =>
  (await directory.inbox(poolId, destination)).map(({ body }) => body)

describe('the development inbox', () => {
  it('keeps messages by pool and destination, oldest first', async () => {
    const [one, two] = [await directory.makePool(), await directory.makePool()]
    for (const body of ['first', 'second', 'third']) {
      await send(one, body)
      directory.pass(1)
    }
    await send(one, 'for bob', 'bob@x.example')
    directory.pass(1)
    await send(two, 'elsewhere')
    expect(await bodies(one)).toEqual(['first', 'second', 'third', 'for bob'])
    expect(await bodies(one, 'bob@x.example')).toEqual(['for bob'])
    const both = await readInbox(directory.runtime, [two, one])
    expect(both.map(({ poolId }) => poolId)).toEqual([one, one, one, one, two])
    expect(both[0]).toEqual({
      poolId: one,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      to: 'ann@x.example',
      channel: 'EMAIL',
      subject: 'Subject',
      body: 'first',
      code: '123456',
    })
  })

  it('holds no readable word of a message in the store', async () => {
    const poolId = await directory.makePool()
    await send(poolId, 'a very private text')
    const records = await directory.store.range(`@${poolId}/inbox/`, { limit: 10 })
    expect(records).toHaveLength(1)
    const raw = JSON.stringify(
      records.map(({ key, terms, value }) => [key, terms, Buffer.from(value).toString('latin1')]),
    )
    for (const word of ['private', 'ann@x.example', '123456', 'Subject']) expect(raw).not.toContain(word)
  })

  it('keeps a bounded number, the newest', async () => {
    const poolId = await directory.makePool()
    const overflow = 5
    for (let batch = 0; batch < inboxMessagesMax; batch += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => send(poolId, `old ${batch + index}`)))
      directory.pass(1)
    }
    for (let index = 0; index < overflow; index += 1) await send(poolId, `new ${index}`)
    const kept = await bodies(poolId)
    expect(kept.length).toBeLessThanOrEqual(inboxMessagesMax)
    expect(kept.length).toBeGreaterThan(inboxMessagesMax / 2)
    expect(kept.slice(-overflow)).toEqual(['new 0', 'new 1', 'new 2', 'new 3', 'new 4'])
    expect(kept).not.toContain('old 0')
    expect(await directory.vault.pool(poolId).secondary.count(inbox)).toBeLessThanOrEqual(inboxMessagesMax)
  })

  it('forgets after a day', async () => {
    const poolId = await directory.makePool()
    await send(poolId, 'old')
    directory.pass(24 * 3_600_000)
    await send(poolId, 'new')
    expect(await bodies(poolId)).toEqual(['new'])
  })

  it('is read although the key of another pool is lost', async () => {
    const poolId = await directory.makePool()
    await send(poolId, 'readable')
    const { vault } = directory.runtime
    const lost: typeof vault = {
      ...vault,
      pool: (id) => {
        if (id === poolId) return vault.pool(id)
        throw new Fault('InvalidParameterException', 'The key is disabled.')
      },
    }
    const warned: object[] = []
    const log = { warn: (about: object) => void warned.push(about) } as never
    const found = await readInbox({ vault: lost, clock: directory.runtime.clock, log }, ['lost', poolId])
    expect(found.map(({ body }) => body)).toEqual(['readable'])
    expect(warned).toEqual([{ poolId: 'lost', reason: 'InvalidParameterException' }])
  })

  it('delivers although another sender makes room at the same moment', async () => {
    const { vault, clock, random } = directory.runtime
    const sent: string[] = []
    const records = {
      count: () => Promise.resolve(inboxMessagesMax),
      list: () => Promise.resolve({ items: [] }),
      commit: (build: (changes: { create(of: unknown, message: { body: string }): void }) => void) => {
        let isMessage = false
        build({
          create: (_, { body }) => {
            isMessage = true
            sent.push(body)
          },
        })
        return isMessage ? Promise.resolve() : Promise.reject(new Conflict('@pool/inbox/x'))
      },
    }
    const messages = createMessages({
      vault: { ...vault, pool: () => ({ primary: records, secondary: records }) as never },
      clock,
      random,
      log: { info: () => {} },
    })
    await messages.send({ poolId: 'p', to: 'a@x.example', channel: 'EMAIL', body: 'delivered' })
    expect(sent).toEqual(['delivered'])
  })
})
