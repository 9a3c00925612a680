// What the vault guarantees over a real store: sealed at rest, found by what it was filed under, written only where it may be.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { Conflict, type Store } from '../../src/store/store.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { collection } from '../../src/vault/collection.ts'
import type { KeyServiceClient } from '../../src/vault/key-service-client.ts'
import { createVault, inRegion, type Vault } from '../../src/vault/vault.ts'

type Person = { readonly name: string; readonly email: string; readonly badge: string }
const people = collection<Person, 'replicated'>('test-people', {
  locality: 'replicated',
  keyOf: ({ name }) => name,
  terms: ({ email, badge }) => [
    { name: 'email', value: email },
    { name: 'badge', value: badge, regionWide: true },
  ],
  beginnings: ['email'],
})
const notes = collection<{ readonly id: string }, 'regional'>('test-notes', {
  locality: 'regional',
  keyOf: ({ id }) => id,
})

const folder = mkdtempSync(join(tmpdir(), 'twinpool-vault-'))
const poolId = 'us-east-1_VaultTest'
const poolArn = `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${poolId}`
const keyArn = 'arn:aws:kms:us-east-1:000000000000:key/mrk-1'
/** A key service that wraps by adding a byte in front, and that can be told to refuse. */
let refusal: string | undefined
const keyService: KeyServiceClient = {
  generate: async () => Buffer.concat([Buffer.from([1]), systemRandom.bytes(32)]),
  encrypt: async (_use, plaintext) => Buffer.concat([Buffer.from([1]), plaintext]),
  reEncrypt: async (_use, wrapped) => wrapped,
  decrypt: async (_use, wrapped) => {
    if (refusal !== undefined) throw Object.assign(new Error('refused'), { name: refusal })
    return wrapped.subarray(1)
  },
  describe: async () => ({ KeyId: 'mrk-1' }),
  close: () => {},
}
let nowMs = systemClock.now()
let store: Store
let vault: Vault
const openVault = (): Promise<Vault> =>
  createVault({
    region: 'us-east-1',
    account: '000000000000',
    store,
    regionKey: { id: 1, bytes: systemRandom.bytes(32) },
    keyService,
    clock: { now: () => nowMs },
    random: systemRandom,
    dataKeyLifetimeMs: 60_000,
  })

beforeAll(async () => {
  store = await openSqliteStore({ folder, clock: systemClock })
  vault = await openVault()
  await vault.createPool(poolId, { poolArn, kmsKeyArn: keyArn })
  await vault.pool(poolId).primary.commit((changes) => {
    for (let index = 0; index < 50; index++)
      changes.create(people, {
        name: `name-${index}`,
        email: `person${index}@example.com`,
        badge: `badge-${index}`,
      })
  })
})

afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

test('a record is read by its natural key, and not by another', async () => {
  const records = vault.pool(poolId).primary
  expect((await records.get(people, 'name-7'))?.value.email).toBe('person7@example.com')
  expect(await records.get(people, 'name-70')).toBeUndefined()
  expect(await records.count(people as never)).toBe(50)
})

test.each([
  [{ name: 'email', value: 'person7@example.com' }, ['name-7']],
  [{ name: 'email', value: 'person7' }, []],
  [
    { name: 'email', value: 'person4', match: 'prefix' as const },
    [4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49].map((n) => `name-${n}`),
  ],
  // Longer than a stored prefix length: the rest is sifted after opening.
  [{ name: 'email', value: 'person4@e', match: 'prefix' as const }, ['name-4']],
])('a search for %j finds what it names', async (search, names) => {
  const page = await vault.pool(poolId).primary.find(people, search, { limit: 60 })
  expect(page.items.map(({ value }) => value.name).sort()).toEqual([...names].sort())
})

test('pages of a list and of a search meet every record once', async () => {
  for (const read of [
    (after?: string) =>
      vault.pool(poolId).primary.list(people, { limit: 7, ...(after === undefined ? {} : { after }) }),
    (after?: string) =>
      vault
        .pool(poolId)
        .primary.find(
          people,
          { name: 'email', value: 'person', match: 'prefix' },
          { limit: 7, ...(after === undefined ? {} : { after }) },
        ),
  ]) {
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await read(after)
      seen.push(...page.items.map(({ value }) => value.name))
      after = page.after
    } while (after !== undefined)
    expect(seen.length).toBe(50)
    expect(new Set(seen).size).toBe(50)
  }
})

test('a region-wide term leads to the pool', async () => {
  expect(await vault.findPools(people, 'badge', 'badge-3')).toEqual([poolId])
  expect(await vault.findPools(people, 'badge', 'badge-99')).toEqual([])
})

test('a change based on an older self is a Conflict, and so is creating what exists', async () => {
  const records = vault.pool(poolId).primary
  const stored = await records.get(people, 'name-1')
  if (stored === undefined) throw new Error('the record is there')
  await records.commit((changes) => changes.replace(people, stored, { ...stored.value, badge: 'new' }))
  await expect(records.commit((changes) => changes.replace(people, stored, stored.value))).rejects.toThrow(
    Conflict,
  )
  await expect(records.commit((changes) => changes.create(people, stored.value))).rejects.toThrow(Conflict)
})

test('a secondary writes regional records only', async () => {
  const secondary = vault.pool(poolId).secondary
  await secondary.commit((changes) => changes.create(notes, { id: 'one' }))
  const replicated = people as unknown as typeof notes
  await expect(secondary.commit((changes) => changes.create(replicated, { id: 'x' }))).rejects.toThrow(
    /replicated/,
  )
})

test('a sealed record in the place of another, or under another version, does not open', async () => {
  const swapped = 'us-east-1_Swapped'
  await vault.createPool(swapped, { poolArn })
  const records = vault.pool(swapped).primary
  await records.commit((changes) => {
    for (const name of ['one', 'two'])
      changes.create(people, { name, email: `${name}@b.c`, badge: `swapped-${name}` })
  })
  const [first, second] = await store.range(`${swapped}/test-people/`, { limit: 2 })
  if (first === undefined || second === undefined) throw new Error('the records are there')
  await store.commit({
    put: [{ ...second, value: first.value, version: second.version + 1 }],
    stream: swapped,
  })
  await expect(records.list(people, { limit: 50 })).rejects.toThrow(/sealed/)
  await store.commit({ put: [{ ...second, version: second.version + 2 }], stream: swapped })
  await expect(records.list(people, { limit: 50 })).rejects.toThrow(/sealed/)
})

test.each([
  ['DisabledException', 'is disabled'],
  ['KMSInvalidStateException', 'pending deletion'],
  ['AccessDeniedException', 'key policy'],
])(
  'after %s of the key service the pool fails within the time of the cache, and comes back',
  async (name, words) => {
    refusal = name
    const records = vault.pool(poolId).primary
    await records.get(people, 'name-2')
    nowMs += 60_001
    await expect(records.get(people, 'name-2')).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringContaining(words),
    })
    refusal = undefined
    expect((await records.get(people, 'name-2'))?.value.name).toBe('name-2')
  },
)

test('a pool on the service-owned key moves to a customer key and back, and keeps its records', async () => {
  const moved = 'us-east-1_Moved'
  await vault.createPool(moved, { poolArn })
  await vault
    .pool(moved)
    .primary.commit((changes) => changes.create(people, { name: 'a', email: 'a@b.c', badge: 'moved' }))
  for (const target of [keyArn, undefined]) {
    await vault.changeKey(moved, target)
    expect(await vault.kmsKeyArnOf(moved)).toBe(target)
    expect((await vault.pool(moved).primary.get(people, 'a'))?.value.email).toBe('a@b.c')
  }
})

test('nothing of a record is readable in the store’s files', () => {
  const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
  expect(bytes.includes('test-people')).toBe(true)
  for (const secret of ['person7', 'example.com', 'name-7', 'badge-3'])
    expect(bytes.includes(secret)).toBe(false)
})

test('the related key in another Region differs in the Region only', () => {
  expect(inRegion(keyArn, 'us-west-2')).toBe('arn:aws:kms:us-west-2:000000000000:key/mrk-1')
})
