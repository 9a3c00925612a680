// Users as administrators make, change, list and delete them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { pendingCodes, users } from '../../src/directory/records/user.ts'
import { fault } from '../support/directory.ts'
import { startUsersDirectory, type UsersDirectory } from '../support/users-directory.ts'

let directory: UsersDirectory
let UserPoolId: string
beforeAll(async () => {
  directory = await startUsersDirectory()
  UserPoolId = await directory.makePool()
})
afterAll(() => directory.close())

const email = (Value: string, verified = 'true') => [
  { Name: 'email', Value },
  { Name: 'email_verified', Value: verified },
]
const create = (Username: string, more: Partial<Input<'AdminCreateUser'>> = {}, poolId = UserPoolId) =>
  directory.call('AdminCreateUser', { UserPoolId: poolId, Username, ...more })
const read = (Username: string, poolId = UserPoolId) =>
  directory.call('AdminGetUser', { UserPoolId: poolId, Username })
const attributeOf = async (Username: string, name: string, poolId = UserPoolId) =>
  (await read(Username, poolId)).UserAttributes?.find(({ Name }) => Name === name)?.Value
const storedUser = async (usernameKey: string, poolId = UserPoolId) =>
  (await directory.vault.pool(poolId).primary.get(users, usernameKey))?.value
const isPassword = async (usernameKey: string, password: string): Promise<boolean> => {
  const user = await storedUser(usernameKey)
  if (user?.credential === undefined) return false
  return directory.runtime.passwords.isPasswordOf(UserPoolId, user.username, password, user.credential)
}
const dayMs = 24 * 3_600_000

describe('AdminCreateUser', () => {
  it('makes a user who must change a generated password, and invites them', async () => {
    const { User } = await create('ann', {
      UserAttributes: email('ann@x.example'),
      DesiredDeliveryMediums: ['EMAIL'],
    })
    expect(User).toMatchObject({ Username: 'ann', Enabled: true, UserStatus: 'FORCE_CHANGE_PASSWORD' })
    expect(User?.Attributes?.find(({ Name }) => Name === 'sub')?.Value).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    const [message] = await directory.inbox(UserPoolId, 'ann@x.example')
    expect(message).toMatchObject({ channel: 'EMAIL', body: expect.stringContaining('ann') })
    expect(message?.body).toContain(message?.code)
    expect(await isPassword('ann', message?.code ?? '')).toBe(true)
    expect(await isPassword('ann', 'another')).toBe(false)
  })

  it('takes the given temporary password, good for as long as the policy says', async () => {
    await create('bob', { TemporaryPassword: 'Given-pass1', MessageAction: 'SUPPRESS' })
    expect(await isPassword('bob', 'Given-pass1')).toBe(true)
    const until = (await storedUser('bob'))?.credential?.temporaryUntilMs ?? 0
    expect(Math.abs(until - (directory.runtime.clock.now() + 7 * dayMs))).toBeLessThan(60_000)
  })

  it('refuses a temporary password against the policy, and makes nobody', async () => {
    await expect(create('weak', { TemporaryPassword: 'short' })).rejects.toMatchObject(
      fault('InvalidPasswordException', /^Password did not conform with policy: /),
    )
    await expect(read('weak')).rejects.toMatchObject(fault('UserNotFoundException', 'User does not exist.'))
  })

  it('refuses a name that is taken, whatever its case', async () => {
    await create('Carla')
    for (const name of ['Carla', 'carla'])
      await expect(create(name)).rejects.toMatchObject(
        fault('UsernameExistsException', 'User account already exists'),
      )
    expect((await read('CARLA')).Username).toBe('Carla')
  })

  it('makes one of two users who are made under one name at the same moment', async () => {
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => create('twin')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it.each([{ CaseSensitive: true }, undefined])(
    'tells Carla from carla in a pool with %j',
    async (UsernameConfiguration) => {
      const poolId = await directory.makePool({ UsernameConfiguration })
      await create('Carla', {}, poolId)
      await create('carla', {}, poolId)
      await expect(read('CARLA', poolId)).rejects.toMatchObject(fault('UserNotFoundException'))
    },
  )

  it('refuses attributes against the schema', async () => {
    await expect(
      create('dan', { UserAttributes: [{ Name: 'custom:none', Value: '1' }] }),
    ).rejects.toMatchObject(
      fault(
        'InvalidParameterException',
        /^Attributes did not conform to the schema: Type for attribute {custom:none}/,
      ),
    )
  })

  it('says nothing when it is told to, and nothing by a medium without an address', async () => {
    await create('quiet', { UserAttributes: email('quiet@x.example'), MessageAction: 'SUPPRESS' })
    await create('sms', { UserAttributes: email('sms@x.example') })
    expect(await directory.inbox(UserPoolId, 'quiet@x.example')).toEqual([])
    expect(await directory.inbox(UserPoolId, 'sms@x.example')).toEqual([])
  })

  it('fills in the pool’s own invitation', async () => {
    const poolId = await directory.makePool({
      AdminCreateUserConfig: {
        InviteMessageTemplate: {
          SMSMessage: 'Hi {username}, {####}',
          EmailSubject: 'For {username}',
          EmailMessage: '{####} is for {username}',
        },
      },
    })
    await create(
      'eve',
      {
        UserAttributes: [...email('eve@x.example'), { Name: 'phone_number', Value: '+12065550101' }],
        DesiredDeliveryMediums: ['EMAIL', 'SMS'],
        TemporaryPassword: 'Given-$&-1a',
      },
      poolId,
    )
    expect(await directory.inbox(poolId)).toMatchObject([
      { to: 'eve@x.example', channel: 'EMAIL', subject: 'For eve', body: 'Given-$&-1a is for eve' },
      { to: '+12065550101', channel: 'SMS', body: 'Hi eve, Given-$&-1a' },
    ])
  })

  it('RESEND sends a new password and lets it live as long again', async () => {
    await create('fay', {
      UserAttributes: email('fay@x.example'),
      DesiredDeliveryMediums: ['EMAIL'],
      TemporaryPassword: 'Given-pass1',
    })
    await create('fay', { MessageAction: 'RESEND' })
    const [, again] = await directory.inbox(UserPoolId, 'fay@x.example')
    expect(again?.code).not.toBe('Given-pass1')
    expect(await isPassword('fay', again?.code ?? '')).toBe(true)
    expect(await isPassword('fay', 'Given-pass1')).toBe(false)
  })

  it('RESEND is refused for nobody and for a confirmed user', async () => {
    await expect(create('nobody', { MessageAction: 'RESEND' })).rejects.toMatchObject(
      fault('UserNotFoundException', 'User does not exist.'),
    )
    await create('gus', { MessageAction: 'SUPPRESS' })
    await directory.call('AdminSetUserPassword', {
      UserPoolId,
      Username: 'gus',
      Password: 'Perm-pass1',
      Permanent: true,
    })
    await expect(create('gus', { MessageAction: 'RESEND' })).rejects.toMatchObject(
      fault('UnsupportedUserStateException'),
    )
  })

  it('makes a confirmed user without a password where the pool lets users sign in without one', async () => {
    const poolId = await directory.makePool({
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
    })
    const { User } = await create('hal', { UserAttributes: email('hal@x.example') }, poolId)
    expect(User?.UserStatus).toBe('CONFIRMED')
    expect((await storedUser('hal', poolId))?.credential).toBeUndefined()
    const given = await create('ida', { TemporaryPassword: 'Given-pass1' }, poolId)
    expect(given.User?.UserStatus).toBe('FORCE_CHANGE_PASSWORD')
  })
})

describe('AdminGetUser', () => {
  it('finds a user by sub', async () => {
    await create('jan', { MessageAction: 'SUPPRESS' })
    const sub = (await attributeOf('jan', 'sub')) ?? ''
    expect((await read(sub)).Username).toBe('jan')
  })
})

describe('AdminSetUserPassword', () => {
  const set = (Username: string, Password: string, Permanent?: boolean, poolId = UserPoolId) =>
    directory.call('AdminSetUserPassword', { UserPoolId: poolId, Username, Password, Permanent })

  it('a permanent one confirms, a temporary one must be changed', async () => {
    await create('kim', { MessageAction: 'SUPPRESS' })
    await set('kim', 'Perm-pass1', true)
    expect((await read('kim')).UserStatus).toBe('CONFIRMED')
    expect((await storedUser('kim'))?.credential?.temporaryUntilMs).toBeUndefined()
    expect(await isPassword('kim', 'Perm-pass1')).toBe(true)
    await set('kim', 'Temp-pass1')
    expect((await read('kim')).UserStatus).toBe('FORCE_CHANGE_PASSWORD')
    expect((await storedUser('kim'))?.credential?.temporaryUntilMs).toBeGreaterThan(0)
  })

  it('refuses one against the policy, and one for nobody', async () => {
    await create('leo', { MessageAction: 'SUPPRESS' })
    await expect(set('leo', 'weak', true)).rejects.toMatchObject(fault('InvalidPasswordException'))
    await expect(set('nobody', 'Perm-pass1', true)).rejects.toMatchObject(fault('UserNotFoundException'))
  })

  it('refuses the passwords that the pool remembers', async () => {
    const poolId = await directory.makePool({
      Policies: {
        PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 2 },
      },
    })
    await create('mia', { MessageAction: 'SUPPRESS' }, poolId)
    await set('mia', 'password-1', true, poolId)
    await set('mia', 'password-2', true, poolId)
    for (const used of ['password-1', 'password-2'])
      await expect(set('mia', used, true, poolId)).rejects.toMatchObject(
        fault('PasswordHistoryPolicyViolationException'),
      )
    await set('mia', 'password-3', true, poolId)
    await set('mia', 'password-1', true, poolId)
  })
})

describe('attributes', () => {
  const update = (Username: string, attributes: Record<string, string>) =>
    directory.call('AdminUpdateUserAttributes', {
      UserPoolId,
      Username,
      UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
    })

  it('are set, replaced and removed', async () => {
    await create('nia', { UserAttributes: email('nia@x.example') })
    await update('nia', { name: 'Nia', email: 'new@x.example' })
    expect(await attributeOf('nia', 'name')).toBe('Nia')
    expect(await attributeOf('nia', 'email_verified')).toBe('false')
    await directory.call('AdminDeleteUserAttributes', {
      UserPoolId,
      Username: 'nia',
      UserAttributeNames: ['name', 'email'],
    })
    expect((await read('nia')).UserAttributes?.map(({ Name }) => Name)).toEqual(['sub'])
  })

  it('are refused against the schema, and for nobody', async () => {
    await create('oli')
    await expect(update('oli', { sub: 'x' })).rejects.toMatchObject(
      fault('InvalidParameterException', 'Cannot modify the non-mutable attribute sub'),
    )
    await expect(update('nobody', { name: 'x' })).rejects.toMatchObject(fault('UserNotFoundException'))
    await expect(
      directory.call('AdminDeleteUserAttributes', {
        UserPoolId,
        Username: 'oli',
        UserAttributeNames: ['custom:none'],
      }),
    ).rejects.toMatchObject(fault('InvalidParameterException'))
  })
})

describe('enabling, disabling, deleting', () => {
  it('a user is disabled and enabled again', async () => {
    await create('pam')
    await directory.call('AdminDisableUser', { UserPoolId, Username: 'pam' })
    expect((await read('pam')).Enabled).toBe(false)
    await directory.call('AdminEnableUser', { UserPoolId, Username: 'pam' })
    expect((await read('pam')).Enabled).toBe(true)
  })

  it('a deleted user is gone, and the name is free', async () => {
    await create('quin')
    await directory.call('AdminDeleteUser', { UserPoolId, Username: 'quin' })
    await expect(read('quin')).rejects.toMatchObject(fault('UserNotFoundException'))
    await create('quin')
  })

  it.each(['AdminEnableUser', 'AdminDisableUser', 'AdminDeleteUser', 'AdminResetUserPassword'] as const)(
    '%s is refused for nobody',
    async (name) => {
      await expect(directory.call(name, { UserPoolId, Username: 'nobody' })).rejects.toMatchObject(
        fault('UserNotFoundException', 'User does not exist.'),
      )
    },
  )
})

describe('AdminResetUserPassword', () => {
  it('sends a code to the verified address', async () => {
    await create('rob', { UserAttributes: email('rob@x.example'), MessageAction: 'SUPPRESS' })
    await directory.call('AdminSetUserPassword', {
      UserPoolId,
      Username: 'rob',
      Password: 'Perm-pass1',
      Permanent: true,
    })
    await directory.call('AdminResetUserPassword', { UserPoolId, Username: 'rob' })
    expect((await read('rob')).UserStatus).toBe('RESET_REQUIRED')
    const [message] = await directory.inbox(UserPoolId, 'rob@x.example')
    expect(message?.code).toMatch(/^\d{6}$/)
    const pending = await directory.vault.pool(UserPoolId).primary.get(pendingCodes, 'rob\npassword-reset')
    expect(JSON.stringify(pending?.value)).not.toContain(message?.code)
    await directory.call('AdminDeleteUser', { UserPoolId, Username: 'rob' })
    expect(await directory.vault.pool(UserPoolId).primary.get(pendingCodes, 'rob\npassword-reset')).toBe(
      undefined,
    )
  })

  it('is refused without a verified address, and before the first sign-in', async () => {
    await create('sal', { UserAttributes: email('sal@x.example', 'false'), MessageAction: 'SUPPRESS' })
    const reset = () => directory.call('AdminResetUserPassword', { UserPoolId, Username: 'sal' })
    await expect(reset()).rejects.toMatchObject(fault('NotAuthorizedException'))
    await directory.call('AdminSetUserPassword', {
      UserPoolId,
      Username: 'sal',
      Password: 'Perm-pass1',
      Permanent: true,
    })
    await expect(reset()).rejects.toMatchObject(fault('InvalidParameterException'))
  })
})
