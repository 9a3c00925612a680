// Groups and who is in them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memberships } from '../../src/directory/records/user.ts'
import { groupsOf } from '../../src/directory/user-groups.ts'
import { fault } from '../support/directory.ts'
import { startUsersDirectory, type UsersDirectory } from '../support/users-directory.ts'

let directory: UsersDirectory
let UserPoolId: string
beforeAll(async () => {
  directory = await startUsersDirectory()
})
afterAll(() => directory.close())

const notFound = fault('ResourceNotFoundException', 'Group not found.')
const make = (GroupName: string, Precedence?: number) =>
  directory.call('CreateGroup', {
    UserPoolId,
    GroupName,
    ...(Precedence === undefined ? {} : { Precedence }),
  })
const user = (Username: string) =>
  directory.call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
const add = (Username: string, GroupName: string) =>
  directory.call('AdminAddUserToGroup', { UserPoolId, Username, GroupName })
const remove = (Username: string, GroupName: string) =>
  directory.call('AdminRemoveUserFromGroup', { UserPoolId, Username, GroupName })
const groupNames = async (Username: string) =>
  (await directory.call('AdminListGroupsForUser', { UserPoolId, Username })).Groups?.map(
    ({ GroupName }) => GroupName,
  ).sort()
const memberNames = async (GroupName: string) =>
  (await directory.call('ListUsersInGroup', { UserPoolId, GroupName })).Users?.map(
    ({ Username }) => Username,
  ).sort()
const claimed = async (usernameKey: string) =>
  (await groupsOf(directory.vault.pool(UserPoolId).primary, usernameKey)).map(({ name }) => name)
const membershipCount = () => directory.vault.pool(UserPoolId).primary.count(memberships)

beforeAll(async () => {
  UserPoolId = await directory.makePool()
})

describe('groups', () => {
  it('are made, read, changed, listed and deleted', async () => {
    const { Group } = await directory.call('CreateGroup', {
      UserPoolId,
      GroupName: 'admins',
      Description: 'All of them',
      RoleArn: 'arn:aws:iam::000000000000:role/admin',
      Precedence: 1,
    })
    expect(Group).toMatchObject({
      UserPoolId,
      GroupName: 'admins',
      Description: 'All of them',
      RoleArn: 'arn:aws:iam::000000000000:role/admin',
      Precedence: 1,
      CreationDate: expect.any(Date),
      LastModifiedDate: expect.any(Date),
    })
    await directory.call('UpdateGroup', { UserPoolId, GroupName: 'admins', Precedence: 0 })
    const read = await directory.call('GetGroup', { UserPoolId, GroupName: 'admins' })
    expect(read.Group).toMatchObject({ Description: 'All of them', Precedence: 0 })
    expect((await directory.call('ListGroups', { UserPoolId })).Groups).toEqual([read.Group])
    await directory.call('DeleteGroup', { UserPoolId, GroupName: 'admins' })
    await expect(directory.call('GetGroup', { UserPoolId, GroupName: 'admins' })).rejects.toMatchObject(
      notFound,
    )
  })

  it('have names of their own, in which case counts', async () => {
    await make('same')
    await make('Same')
    await expect(make('same')).rejects.toMatchObject(
      fault('GroupExistsException', 'A group with the name already exists.'),
    )
  })

  it('take the ARN of a role only', async () => {
    await expect(
      directory.call('CreateGroup', { UserPoolId, GroupName: 'role', RoleArn: 'arn:aws:s3:::bucket/some' }),
    ).rejects.toMatchObject(fault('InvalidParameterException'))
  })

  it('are listed page by page', async () => {
    for (let index = 0; index < 5; index += 1) await make(`page-${index}`)
    const first = await directory.call('ListGroups', { UserPoolId, Limit: 4 })
    expect(first.Groups).toHaveLength(4)
    const names: unknown[] = first.Groups?.map(({ GroupName }) => GroupName) ?? []
    let token = first.NextToken
    while (token !== undefined) {
      const next = await directory.call('ListGroups', { UserPoolId, Limit: 4, NextToken: token })
      names.push(...(next.Groups ?? []).map(({ GroupName }) => GroupName))
      token = next.NextToken
    }
    expect(new Set(names)).toEqual(
      new Set(['Same', 'page-0', 'page-1', 'page-2', 'page-3', 'page-4', 'same']),
    )
    expect(names).toHaveLength(7)
  })

  it.each(['GetGroup', 'UpdateGroup', 'DeleteGroup', 'ListUsersInGroup'] as const)(
    '%s is refused for none',
    async (name) => {
      await expect(directory.call(name, { UserPoolId, GroupName: 'none' })).rejects.toMatchObject(notFound)
    },
  )
})

describe('memberships', () => {
  beforeAll(async () => {
    for (const [name, precedence] of [
      ['low', 9],
      ['none', undefined],
      ['high', 0],
      ['alike', 9],
    ] as const)
      await make(name, precedence)
    for (const name of ['ann', 'bob', 'cat']) await user(name)
  })

  it('are seen from both sides, and made once', async () => {
    await add('ann', 'low')
    await add('ann', 'low')
    await add('Bob', 'low')
    expect(await memberNames('low')).toEqual(['ann', 'bob'])
    expect(await groupNames('ann')).toEqual(['low'])
    await remove('ann', 'low')
    await remove('ann', 'low')
    expect(await memberNames('low')).toEqual(['bob'])
    expect(await groupNames('ann')).toEqual([])
  })

  it('stand in claims by precedence, those without last', async () => {
    for (const name of ['none', 'low', 'high', 'alike']) await add('cat', name)
    expect(await claimed('cat')).toEqual(['high', 'alike', 'low', 'none'])
  })

  it('are refused for nobody and for no group', async () => {
    for (const change of [add, remove]) {
      await expect(change('nobody', 'low')).rejects.toMatchObject(
        fault('UserNotFoundException', 'User does not exist.'),
      )
      await expect(change('ann', 'nothing')).rejects.toMatchObject(notFound)
    }
    await expect(groupNames('nobody')).rejects.toMatchObject(fault('UserNotFoundException'))
  })

  it('go with the user', async () => {
    await user('dan')
    const before = await membershipCount()
    await add('dan', 'low')
    await add('dan', 'high')
    await directory.call('AdminDeleteUser', { UserPoolId, Username: 'dan' })
    expect(await membershipCount()).toBe(before)
    await user('dan')
    expect(await groupNames('dan')).toEqual([])
  })

  it('go with the group, and a new group of that name begins empty', async () => {
    await make('brief')
    const before = await membershipCount()
    for (const name of ['ann', 'bob', 'cat']) await add(name, 'brief')
    directory.pass(10)
    await directory.call('DeleteGroup', { UserPoolId, GroupName: 'brief' })
    expect(await membershipCount()).toBe(before)
    expect(await claimed('ann')).toEqual([])
    await make('brief')
    expect(await memberNames('brief')).toEqual([])
  })

  it('that a crash left of a deleted group count for nothing, and can be made anew', async () => {
    await make('ghost')
    await add('ann', 'ghost')
    const { primary } = directory.vault.pool(UserPoolId)
    const left = await primary.get(memberships, 'ann\nghost')
    if (left === undefined) throw new Error('no membership')
    await directory.call('DeleteGroup', { UserPoolId, GroupName: 'ghost' })
    await primary.commit((changes) => changes.create(memberships, left.value))
    expect(await claimed('ann')).toEqual([])
    directory.pass(10)
    await make('ghost')
    expect(await memberNames('ghost')).toEqual([])
    expect(await groupNames('ann')).toEqual([])
    await add('ann', 'ghost')
    expect(await claimed('ann')).toEqual(['ghost'])
  })

  it('are listed page by page from both sides', async () => {
    await make('many')
    for (let index = 0; index < 5; index += 1) {
      await user(`many-${index}`)
      await add(`many-${index}`, 'many')
    }
    const first = await directory.call('ListUsersInGroup', { UserPoolId, GroupName: 'many', Limit: 3 })
    const second = await directory.call('ListUsersInGroup', {
      UserPoolId,
      GroupName: 'many',
      Limit: 3,
      NextToken: first.NextToken,
    })
    expect(second.NextToken).toBeUndefined()
    const names = [...(first.Users ?? []), ...(second.Users ?? [])].map(({ Username }) => Username)
    expect(new Set(names)).toEqual(new Set(['many-0', 'many-1', 'many-2', 'many-3', 'many-4']))
    expect(names).toHaveLength(5)
    const page = await directory.call('AdminListGroupsForUser', { UserPoolId, Username: 'cat', Limit: 3 })
    expect(page.Groups).toHaveLength(3)
    const rest = { UserPoolId, Username: 'cat', Limit: 3, NextToken: page.NextToken }
    expect((await directory.call('AdminListGroupsForUser', rest)).Groups).toHaveLength(1)
    await expect(
      directory.call('AdminListGroupsForUser', { ...rest, Username: 'ann' }),
    ).rejects.toMatchObject(fault('InvalidParameterException'))
  })

  it('are at most a hundred a user', async () => {
    await user('joiner')
    for (let index = 0; index <= 100; index += 1) await make(`g-${index}`)
    for (let index = 0; index < 100; index += 1) await add('joiner', `g-${index}`)
    await expect(add('joiner', 'g-100')).rejects.toMatchObject(fault('LimitExceededException'))
    await remove('joiner', 'g-0')
    await add('joiner', 'g-100')
  })
})

describe('deleting a group while others write', () => {
  /** A directory in which something happens once, right after memberships were read. */
  const startInterrupted = async () => {
    let interruption: (() => Promise<unknown>) | undefined
    const interrupted = await startUsersDirectory({
      wrapStore: (store) => ({
        ...store,
        find: async (term, prefix, options) => {
          const interrupt = prefix.includes('/memberships/') ? interruption : undefined
          if (interrupt === undefined) return store.find(term, prefix, options)
          interruption = undefined
          if (happens === 'before the read') await interrupt()
          const records = await store.find(term, prefix, options)
          if (happens === 'after the read') await interrupt()
          return records
        },
      }),
    })
    let happens: 'before the read' | 'after the read' = 'before the read'
    const poolId = await interrupted.makePool()
    for (const Username of ['ann', 'bob'])
      await interrupted.call('AdminCreateUser', { UserPoolId: poolId, Username, MessageAction: 'SUPPRESS' })
    const group = { UserPoolId: poolId, GroupName: 'group' }
    await interrupted.call('CreateGroup', group)
    await interrupted.call('AdminAddUserToGroup', { ...group, Username: 'ann' })
    interrupted.pass(10)
    return {
      interrupted,
      group,
      deleteWhile: async (when: typeof happens, interrupt: () => Promise<unknown>): Promise<void> => {
        happens = when
        interruption = interrupt
        await interrupted.call('DeleteGroup', group)
      },
    }
  }

  it('leaves a new group of that name its members', async () => {
    const { interrupted, group, deleteWhile } = await startInterrupted()
    await deleteWhile('before the read', async () => {
      await interrupted.call('CreateGroup', group)
      await interrupted.call('AdminAddUserToGroup', { ...group, Username: 'bob' })
    })
    const { Users } = await interrupted.call('ListUsersInGroup', group)
    expect(Users?.map(({ Username }) => Username)).toEqual(['bob'])
    expect(await interrupted.vault.pool(group.UserPoolId).primary.count(memberships)).toBe(1)
    await interrupted.close()
  })

  it('goes on when a member is deleted at the same moment', async () => {
    const { interrupted, group, deleteWhile } = await startInterrupted()
    await interrupted.call('AdminAddUserToGroup', { ...group, Username: 'bob' })
    await deleteWhile('after the read', () =>
      interrupted.call('AdminDeleteUser', { UserPoolId: group.UserPoolId, Username: 'ann' }),
    )
    expect(await interrupted.vault.pool(group.UserPoolId).primary.count(memberships)).toBe(0)
    await interrupted.close()
  })
})
