// ListUsers: filters, pages and chosen attributes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { fault } from '../support/directory.ts'
import { startUsersDirectory, type UsersDirectory } from '../support/users-directory.ts'

let directory: UsersDirectory
let UserPoolId: string
const count = 25
const nameOf = (index: number) => `user-${String(index).padStart(2, '0')}`

beforeAll(async () => {
  directory = await startUsersDirectory()
  UserPoolId = await directory.makePool()
  for (let index = 0; index < count; index += 1)
    await directory.call('AdminCreateUser', {
      UserPoolId,
      Username: nameOf(index),
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'email', Value: `${nameOf(index)}@${index % 2 === 0 ? 'Even' : 'odd'}.example` },
        ...(index < 3 ? [{ Name: 'given_name', Value: 'Jo "J" Hill' }] : []),
      ],
    })
  await directory.call('AdminDisableUser', { UserPoolId, Username: nameOf(0) })
  await directory.call('AdminSetUserPassword', {
    UserPoolId,
    Username: nameOf(1),
    Password: 'Perm-pass1',
    Permanent: true,
  })
})
afterAll(() => directory.close())

const list = (input: Partial<Input<'ListUsers'>>) => directory.call('ListUsers', { UserPoolId, ...input })
const namesOf = async (input: Partial<Input<'ListUsers'>>) => {
  const { Users, PaginationToken } = await list(input)
  expect(PaginationToken).toBeUndefined()
  return Users?.map(({ Username }) => Username).sort()
}
/** Follows the tokens to the end. */
const everyName = async (input: Partial<Input<'ListUsers'>>): Promise<string[]> => {
  const names: string[] = []
  let token: string | undefined
  for (let pages = 0; pages < 100; pages += 1) {
    const answer = await list({ ...input, ...(token === undefined ? {} : { PaginationToken: token }) })
    names.push(...(answer.Users ?? []).map(({ Username = '' }) => Username))
    token = answer.PaginationToken
    if (token === undefined) return names
  }
  throw new Error('the listing does not end')
}
const all = Array.from({ length: count }, (_, index) => nameOf(index))

describe('ListUsers', () => {
  it('lists everybody, each once, in pages of any size', async () => {
    for (const Limit of [1, 7, 24, 25, 60, 0]) expect((await everyName({ Limit })).sort()).toEqual(all)
    expect((await list({ Limit: 7 })).Users).toHaveLength(7)
  })

  it.each([
    ['username = "user-07"', [nameOf(7)]],
    ['username ^= "user-1"', all.slice(10, 20)],
    ['email = "user-04@even.example"', [nameOf(4)]],
    ['email ^= "USER-0"', all.slice(0, 10)],
    ['given_name = "Jo \\"J\\" Hill"', all.slice(0, 3)],
    ['given_name ^= "Jo \\""', all.slice(0, 3)],
    ['status = "Disabled"', [nameOf(0)]],
    ['cognito:user_status = "CONFIRMED"', [nameOf(1)]],
    ['cognito:user_status = "confirmed"', [nameOf(1)]],
    ['username = "user-99"', []],
    ['family_name ^= "a"', []],
    ['cognito:user_status = "nonsense"', []],
    ['', all],
  ])('%s finds who passes', async (Filter, expected) => {
    expect(await namesOf({ Filter })).toEqual(expected)
  })

  it('counts case in user names where the pool does', async () => {
    const exact = await directory.makePool({ UsernameConfiguration: { CaseSensitive: true } })
    for (const Username of ['Alice', 'alice'])
      await directory.call('AdminCreateUser', { UserPoolId: exact, Username, MessageAction: 'SUPPRESS' })
    expect(await namesOf({ UserPoolId: exact, Filter: 'username = "Alice"' })).toEqual(['Alice'])
    expect(await namesOf({ UserPoolId: exact, Filter: 'username ^= "al"' })).toEqual(['alice'])
  })

  it('an empty beginning passes whoever has the attribute', async () => {
    expect(await namesOf({ Filter: 'given_name ^= ""' })).toEqual(all.slice(0, 3))
  })

  it('finds by sub', async () => {
    const { UserAttributes } = await directory.call('AdminGetUser', { UserPoolId, Username: nameOf(9) })
    const sub = UserAttributes?.find(({ Name }) => Name === 'sub')?.Value
    expect(await namesOf({ Filter: `sub = "${sub}"` })).toEqual([nameOf(9)])
  })

  it('goes on with a filter where its page ended, over several values of an enumeration too', async () => {
    expect((await everyName({ Filter: 'username ^= "user-1"', Limit: 3 })).sort()).toEqual(all.slice(10, 20))
    expect((await everyName({ Filter: 'status ^= ""', Limit: 4 })).sort()).toEqual(all)
    expect((await everyName({ Filter: 'cognito:user_status ^= ""', Limit: 10 })).sort()).toEqual(all)
  })

  it('shows the attributes that are asked for', async () => {
    const { Users } = await list({ Filter: 'username = "user-05"', AttributesToGet: ['email'] })
    expect(Users?.[0]?.Attributes).toEqual([{ Name: 'email', Value: 'user-05@odd.example' }])
  })

  it('refuses attributes that do not exist or that not every user has', async () => {
    for (const name of ['custom:none', 'family_name'])
      await expect(list({ AttributesToGet: [name] })).rejects.toMatchObject(
        fault('InvalidParameterException', 'One or more requested attributes do not exist.'),
      )
  })

  it('refuses a filter that is none, and one by a custom attribute', async () => {
    await expect(list({ Filter: 'email' })).rejects.toMatchObject(
      fault('InvalidParameterException', 'Error while parsing filter.'),
    )
    await expect(list({ Filter: 'custom:tier = "gold"' })).rejects.toMatchObject(
      fault('InvalidParameterException', 'Invalid search attribute: custom:tier'),
    )
  })

  it('refuses a token of another filter, another pool, or nothing', async () => {
    const { PaginationToken } = await list({ Limit: 5 })
    const other = await directory.makePool()
    for (const input of [
      { PaginationToken, Filter: 'username ^= "u"' },
      { PaginationToken, UserPoolId: other },
      { PaginationToken: 'nonsense' },
    ])
      await expect(list(input)).rejects.toMatchObject(fault('InvalidParameterException'))
  })

  it('opens no more records for a filter than it answers with, whatever the size of the pool', async () => {
    let opened = 0
    const counting = await startUsersDirectory({
      wrapStore: (store) => ({
        ...store,
        get: (key) => store.get(key),
        findBeginning: async (...given) => {
          const found = await store.findBeginning(...given)
          opened += found.length
          return found
        },
        range: async (prefix, options) => {
          const records = await store.range(prefix, options)
          if (prefix.includes('/users/')) opened += records.length
          return records
        },
      }),
    })
    const poolId = await counting.makePool()
    for (const name of ['aa', 'ab', 'ba', 'bb', 'bc', 'bd'])
      await counting.call('AdminCreateUser', {
        UserPoolId: poolId,
        Username: name,
        MessageAction: 'SUPPRESS',
      })
    opened = 0
    const { Users } = await counting.call('ListUsers', { UserPoolId: poolId, Filter: 'username ^= "a"' })
    expect(Users).toHaveLength(2)
    expect(opened).toBe(2)
    await counting.close()
  })
})
