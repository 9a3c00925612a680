// Bugs of each kind that replication must not have, planted into the simulation: one that is not found means that the simulation is too weak.
import { expect, test } from 'vitest'
import { PeerFailure } from '../../src/replication/peer-port.ts'
import type { StoreRecord } from '../../src/store/store.ts'
import { finding, type Mutation } from './simulation/mutations.ts'
import { simulate } from './simulation/simulate.ts'
import { poolId } from './support/deployment.ts'

type Bug = {
  readonly what: string
  /** How many seeds may be needed; it was found by far fewer. */
  readonly within: number
  /** What the simulation has to say. */
  readonly says: RegExp
  plant(): Mutation
}

const bugs: readonly Bug[] = [
  {
    what: 'a write is acknowledged before it is durable',
    within: 5,
    says: /acknowledged position \d+, which is not durable/,
    plant: () => ({
      store: (store, { dice }) => ({
        ...store,
        commit: async (commit) => {
          if (commit.stream === undefined || !dice.once(10)) return store.commit(commit)
          const { position } = await store.head(commit.stream)
          store.commit(commit).catch(() => undefined)
          return { position: position + 1 }
        },
      }),
    }),
  },
  {
    what: 'an acknowledged write is left out of the log',
    within: 5,
    says: /acknowledged position \d+, which is not durable/,
    plant: () => ({
      store: (store, { dice }) => ({
        ...store,
        commit: async (commit) => {
          if (commit.stream === undefined || !dice.once(10)) return store.commit(commit)
          return { position: (await store.head(commit.stream)).position + 1 }
        },
      }),
    }),
  },
  {
    what: 'an entry is applied and its position is lost with a crash',
    within: 20,
    says: /^seed \d+: I1: .*(of no history|no primary ever stood)/,
    plant: () => ({
      store: (store, { disk }) => {
        disk.content.forgetLast(poolId)
        return store
      },
    }),
  },
  {
    what: 'an entry is applied twice',
    within: 10,
    says: /^seed \d+: I[12]: /,
    plant: () => ({
      store: (store, { disk, dice }) => ({
        ...store,
        applyLog: async (stream, entries) => {
          const head = await store.applyLog(stream, entries)
          const last = entries.at(-1)
          if (last === undefined || head.copy !== undefined || !dice.once(20)) return head
          return disk.content.applyLog(stream, [{ ...last, position: head.position + 1 }])
        },
      }),
    }),
  },
  {
    what: 'a copy is followed from where it ended and not from where it began',
    within: 200,
    says: /^seed \d+: I[12]: /,
    plant: () => ({
      store: (store) => {
        let stored: StoreRecord[] = []
        let begunIn = 0
        return {
          ...store,
          beginCopy: (stream, from, epoch) => {
            stored = []
            begunIn = epoch
            return store.beginCopy(stream, from, epoch)
          },
          copyPage: async (stream, records, progress) => {
            stored.push(...records)
            if (progress.until === undefined) return store.copyPage(stream, records, progress)
            await store.beginCopy(stream, progress.until, begunIn)
            await store.copyPage(stream, stored, progress)
          },
        }
      },
    }),
  },
  {
    what: 'digests are not compared while a transport changes what it carries',
    within: 200,
    says: /^seed \d+: I1: /,
    plant: () => ({ memoryStore: { comparesDigests: false } }),
  },
  {
    what: 'a primary that gives way goes on writing, because the fence is not checked',
    within: 200,
    says: /I11|it is lost|I[12]: /,
    plant: () => ({ writes: (_guarded, bare) => bare }),
  },
  {
    what: 'revocations go with the replica at which they were made',
    within: 200,
    says: /I5: /,
    plant: () => {
      const dropping = new Set<string>()
      return {
        handlers: (handlers, { region }) => ({
          ...handlers,
          calls: {
            ...handlers.calls,
            'replica-delete': async (from, body) => {
              dropping.add(region)
              return handlers.calls['replica-delete']?.(from, body)
            },
            'replica-create': async (from, body) => {
              dropping.delete(region)
              return handlers.calls['replica-create']?.(from, body)
            },
          },
        }),
        transport: (transport, { region }) => ({
          ...transport,
          call: async (to, name, body, options) =>
            name === 'revocations' && dropping.has(region) ? {} : transport.call(to, name, body, options),
        }),
      }
    },
  },
  {
    what: 'a deletion leaves what is regional',
    within: 60,
    says: /^seed \d+: I8: .* has no replica, and still/,
    plant: () => ({
      store: (store) => ({
        ...store,
        dropScope: async (scope) => (scope === `@${poolId}` ? undefined : store.dropScope(scope)),
      }),
    }),
  },
  {
    what: 'invitations that got lost count as delivered, the repeated ones too',
    within: 20,
    says: /has no replica/,
    plant: () => ({
      transport: (transport) => ({
        ...transport,
        call: async (to, name, body, options) =>
          name === 'replica-create' ? {} : transport.call(to, name, body, options),
      }),
    }),
  },
  {
    what: 'a Region that has lost its disk is not invited again',
    within: 200,
    says: /has no replica/,
    plant: () => ({
      transport: (transport) => ({
        ...transport,
        call: async (to, name, body, options) => {
          const answer = await transport.call(to, name, body, options)
          if (name === 'claim' && !(answer as { isHere: boolean }).isHere)
            throw new PeerFailure('Unreachable', 'no answer')
          return answer
        },
      }),
    }),
  },
  {
    what: 'what a former primary alone had is not set aside',
    within: 100,
    says: /I13: /,
    plant: () => ({
      store: (store) => ({
        ...store,
        commit: async (commit) =>
          commit.put?.some(({ key }) => key.startsWith('@aside')) === true ? {} : store.commit(commit),
      }),
    }),
  },
  {
    what: 'a replica that a takeover has left behind is never entered',
    within: 200,
    says: /after the last fault/,
    plant: () => ({
      transport: (transport) => ({
        ...transport,
        call: async (to, name, body, options) => {
          if (name === 'stray') throw new PeerFailure('UnknownOperationException', 'no call stray')
          return transport.call(to, name, body, options)
        },
      }),
    }),
  },
  {
    what: 'a message that comes late or twice is believed',
    within: 200,
    says: /after the last fault|I8: /,
    plant: () => ({
      transport: (transport) => ({
        ...transport,
        call: async (to, name, body, options) => {
          const answer = await transport.call(to, name, body, options)
          return name === 'claim' ? { ...(answer as object), feedsYou: true } : answer
        },
      }),
    }),
  },
  {
    what: 'a failed call is repeated without a pause',
    within: 20,
    says: /^seed \d+: I9: /,
    plant: () => ({
      transport: (transport) => ({
        ...transport,
        call: async (to, name, body, options) => {
          for (let left = 200; ; left -= 1) {
            try {
              return await transport.call(to, name, body, options)
            } catch (error) {
              if (left === 0) throw error
            }
          }
        },
      }),
    }),
  },
  {
    what: 'a closed key stops nothing',
    within: 200,
    says: /^seed \d+: I10: /,
    plant: () => ({ keyService: (client, unrefusing) => ({ ...client, decrypt: unrefusing.decrypt }) }),
  },
]

for (const { what, within, says, plant } of bugs)
  test(`when ${what}, ${within} seeds find it`, async () => {
    const found = await finding((seed) => simulate(seed, { mutation: plant() }), within)
    if (process.env.SHOW_FOUND !== undefined) console.log(`seed ${found.seed}: ${what}: ${found.what}`)
    expect(found.what).toMatch(says)
    // The same run without the bug is well: it was the bug that was found.
    await simulate(found.seed)
  })
