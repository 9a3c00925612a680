// Names by which users are found: aliases, user names that are e-mail addresses or phone numbers, and who may have which.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findUser } from '../../src/directory/find-user.ts'
import type { Input } from '../../src/directory/operation.ts'
import { readPool } from '../../src/directory/read-pool.ts'
import { aliases } from '../../src/directory/records/user.ts'
import { fault } from '../support/directory.ts'
import { startUsersDirectory, type UsersDirectory } from '../support/users-directory.ts'

let directory: UsersDirectory
beforeAll(async () => {
  directory = await startUsersDirectory()
})
afterAll(() => directory.close())

type Attributes = Record<string, string>
const listed = (attributes: Attributes) =>
  Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }))
const create = (
  UserPoolId: string,
  Username: string,
  attributes: Attributes = {},
  more: Partial<Input<'AdminCreateUser'>> = {},
) =>
  directory.call('AdminCreateUser', {
    UserPoolId,
    Username,
    MessageAction: 'SUPPRESS',
    UserAttributes: listed(attributes),
    ...more,
  })
const update = (UserPoolId: string, Username: string, attributes: Attributes) =>
  directory.call('AdminUpdateUserAttributes', { UserPoolId, Username, UserAttributes: listed(attributes) })
const nameFound = async (poolId: string, username: string): Promise<string | undefined> => {
  const { primary: records } = directory.vault.pool(poolId)
  const { value: userPool } = await readPool({ poolId, records })
  return (await findUser(records, userPool, username))?.value.username
}
const attribute = async (UserPoolId: string, Username: string, name: string) =>
  (await directory.call('AdminGetUser', { UserPoolId, Username })).UserAttributes?.find(
    ({ Name }) => Name === name,
  )?.Value
const aliasCount = (poolId: string) => directory.vault.pool(poolId).primary.count(aliases)
const verified = (email: string) => ({ email, email_verified: 'true' })

describe('a pool with aliases', () => {
  let poolId: string
  beforeAll(async () => {
    poolId = await directory.makePool({ AliasAttributes: ['email', 'phone_number', 'preferred_username'] })
  })

  it('finds users by a verified address, whatever its case, and not by an unverified one', async () => {
    await create(poolId, 'ann', verified('Ann@x.example'))
    await create(poolId, 'bob', { email: 'bob@x.example' })
    expect(await nameFound(poolId, 'ann@X.example')).toBe('ann')
    expect(await nameFound(poolId, 'bob@x.example')).toBeUndefined()
    await update(poolId, 'bob', { email_verified: 'true' })
    expect(await nameFound(poolId, 'bob@x.example')).toBe('bob')
  })

  it('refuses an alias that another user has, and changes nothing', async () => {
    await create(poolId, 'cat', verified('cat@x.example'))
    await expect(create(poolId, 'cat2', verified('CAT@x.example'))).rejects.toMatchObject(
      fault('UsernameExistsException', 'An account with the given email already exists.'),
    )
    expect(await nameFound(poolId, 'cat2')).toBeUndefined()
    await create(poolId, 'cat3')
    await expect(update(poolId, 'cat3', verified('cat@x.example'))).rejects.toMatchObject(
      fault('AliasExistsException', 'An account with the email already exists.'),
    )
    expect(await attribute(poolId, 'cat3', 'email')).toBeUndefined()
    expect(await nameFound(poolId, 'cat@x.example')).toBe('cat')
  })

  it('gives one alias to one of two users who take it at the same moment', async () => {
    const made = await Promise.allSettled(
      ['dan1', 'dan2', 'dan3'].map((name) => create(poolId, name, verified('dan@x.example'))),
    )
    const winners = made.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value.User?.Username] : [],
    )
    expect(winners).toEqual([await nameFound(poolId, 'dan@x.example')])
  })

  it('hands an alias over with ForceAliasCreation: the one before loses the verification', async () => {
    await create(poolId, 'eve', { ...verified('eve@x.example'), phone_number: '+12065550110' })
    await create(poolId, 'eve2', verified('eve@x.example'), { ForceAliasCreation: true })
    expect(await nameFound(poolId, 'eve@x.example')).toBe('eve2')
    expect(await attribute(poolId, 'eve', 'email_verified')).toBe('false')
    expect(await attribute(poolId, 'eve', 'email')).toBe('eve@x.example')
    await directory.call('AdminDeleteUser', { UserPoolId: poolId, Username: 'eve' })
    expect(await nameFound(poolId, 'eve@x.example')).toBe('eve2')
  })

  it('frees an alias with a new address, a removed one, a lost verification, and a deleted user', async () => {
    const takers = ['fay1', 'fay2', 'fay3', 'fay4', 'fay5']
    const frees = [
      () => update(poolId, 'fay1', verified('fay-new@x.example')),
      () =>
        directory.call('AdminDeleteUserAttributes', {
          UserPoolId: poolId,
          Username: 'fay2',
          UserAttributeNames: ['email'],
        }),
      () => update(poolId, 'fay3', { email_verified: 'false' }),
      () => directory.call('AdminDeleteUser', { UserPoolId: poolId, Username: 'fay4' }),
      () => Promise.resolve({}),
    ]
    for (const [index, name] of takers.entries()) {
      await create(poolId, name, verified('fay@x.example'))
      expect(await nameFound(poolId, 'fay@x.example')).toBe(name)
      await frees[index]?.()
    }
  })

  it('leaves no alias behind when its users are gone', async () => {
    const before = await aliasCount(poolId)
    await create(poolId, 'gus', {
      ...verified('gus@x.example'),
      phone_number: '+12065550111',
      phone_number_verified: 'true',
      preferred_username: 'gustav',
    })
    expect(await aliasCount(poolId)).toBe(before + 3)
    for (const name of ['+12065550111', 'GUSTAV']) expect(await nameFound(poolId, name)).toBe('gus')
    await directory.call('AdminDeleteUser', { UserPoolId: poolId, Username: 'gustav' })
    expect(await aliasCount(poolId)).toBe(before)
  })

  it('keeps preferred names and user names apart', async () => {
    await create(poolId, 'hal', { preferred_username: 'henry' })
    await create(poolId, 'ida')
    await expect(create(poolId, 'Henry')).rejects.toMatchObject(fault('UsernameExistsException'))
    await expect(update(poolId, 'ida', { preferred_username: 'HAL' })).rejects.toMatchObject(
      fault('AliasExistsException'),
    )
    await update(poolId, 'ida', { preferred_username: 'ida' })
    expect(await nameFound(poolId, 'ida')).toBe('ida')
  })

  it('refuses user names that look like an alias', async () => {
    await expect(create(poolId, 'name@x.example')).rejects.toMatchObject(
      fault('InvalidParameterException', /email format/),
    )
    await expect(create(poolId, '+12065550112')).rejects.toMatchObject(
      fault('InvalidParameterException', /phone number format/),
    )
  })
})

describe('a pool whose user names are e-mail addresses or phone numbers', () => {
  let poolId: string
  beforeAll(async () => {
    poolId = await directory.makePool({ UsernameAttributes: ['email', 'phone_number'] })
  })

  it('names a user by the sub and finds them by the address, verified or not', async () => {
    const { User } = await create(poolId, 'Ann@x.example')
    const sub = User?.Attributes?.find(({ Name }) => Name === 'sub')?.Value
    expect(User?.Username).toBe(sub)
    expect(User?.Attributes).toContainEqual({ Name: 'email', Value: 'Ann@x.example' })
    for (const name of ['ann@X.example', sub ?? '']) expect(await nameFound(poolId, name)).toBe(sub)
  })

  it('refuses an address that another user has, also with ForceAliasCreation', async () => {
    await create(poolId, 'bob@x.example')
    for (const ForceAliasCreation of [false, true])
      await expect(
        create(poolId, 'Bob@x.example', { email_verified: 'true' }, { ForceAliasCreation }),
      ).rejects.toMatchObject(
        fault('UsernameExistsException', 'An account with the given email already exists.'),
      )
  })

  it('follows a change of the address', async () => {
    const { User } = await create(poolId, 'cat@x.example')
    await update(poolId, 'cat@x.example', { email: 'kat@x.example' })
    expect(await nameFound(poolId, 'cat@x.example')).toBeUndefined()
    expect(await nameFound(poolId, 'kat@x.example')).toBe(User?.Username)
    await create(poolId, 'cat@x.example')
    await expect(update(poolId, 'cat@x.example', { email: 'kat@x.example' })).rejects.toMatchObject(
      fault('AliasExistsException'),
    )
  })

  it('refuses a name of another form, and one that contradicts the attribute', async () => {
    await expect(create(poolId, 'plain')).rejects.toMatchObject(
      fault('InvalidParameterException', 'Username should be either an email or a phone number.'),
    )
    await expect(create(poolId, 'dan@x.example', { email: 'other@x.example' })).rejects.toMatchObject(
      fault(
        'InvalidParameterException',
        'User email should be empty or same as username, since username attribute is email.',
      ),
    )
  })

  it('counts case where the pool says so', async () => {
    const exact = await directory.makePool({
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: true },
    })
    await create(exact, 'Eve@x.example')
    expect(await nameFound(exact, 'eve@x.example')).toBeUndefined()
    await create(exact, 'eve@x.example')
  })
})
