// ForgotPassword, ConfirmForgotPassword and an administrator's reset: how a lost password is replaced.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { users } from '../../src/directory/records/user.ts'
import { secretHash } from '../../src/directory/secret-hash.ts'
import { fault } from '../support/directory.ts'
import { startUsersDirectory, type UsersDirectory } from '../support/users-directory.ts'

let directory: UsersDirectory
let UserPoolId: string
let ClientId: string
let hiding: string
beforeAll(async () => {
  directory = await startUsersDirectory()
  UserPoolId = await directory.makePool({ AliasAttributes: ['email'], AutoVerifiedAttributes: ['email'] })
  ClientId = (await directory.makeClient(UserPoolId)).clientId
  hiding = (await directory.makeClient(UserPoolId, { PreventUserExistenceErrors: 'ENABLED' })).clientId
})
afterAll(() => directory.close())

const oldPassword = 'Old-pass-1'
const newPassword = 'New-pass-1'
const make = async (Username: string, attributes: Record<string, string> = {}): Promise<void> => {
  const all = { email: `${Username}@x.example`, email_verified: 'true', ...attributes }
  await directory.call('AdminCreateUser', {
    UserPoolId,
    Username,
    MessageAction: 'SUPPRESS',
    UserAttributes: Object.entries(all).map(([Name, Value]) => ({ Name, Value })),
  })
  const given = { UserPoolId, Username, Password: oldPassword, Permanent: true }
  await directory.call('AdminSetUserPassword', given)
}
const forgot = (Username: string, more: Partial<Input<'ForgotPassword'>> = {}) =>
  directory.call('ForgotPassword', { ClientId, Username, ...more })
const confirm = (
  Username: string,
  ConfirmationCode: string,
  more: Partial<Input<'ConfirmForgotPassword'>> = {},
) =>
  directory.call('ConfirmForgotPassword', {
    ClientId,
    Username,
    ConfirmationCode,
    Password: newPassword,
    ...more,
  })
const codeFor = async (address: string) => (await directory.inbox(UserPoolId, address)).at(-1)?.code ?? ''
const isPassword = async (usernameKey: string, password: string): Promise<boolean> => {
  const user = (await directory.vault.pool(UserPoolId).primary.get(users, usernameKey))?.value
  if (user?.credential === undefined) return false
  return directory.runtime.passwords.isPasswordOf(UserPoolId, user.username, password, user.credential)
}
const statusOf = async (Username: string) =>
  (await directory.call('AdminGetUser', { UserPoolId, Username })).UserStatus

describe('a forgotten password', () => {
  it('is replaced with the code from the verified address; the code is good once', async () => {
    await make('ann')
    expect(await forgot('ann@x.example')).toEqual({
      CodeDeliveryDetails: { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@x***' },
    })
    expect(await isPassword('ann', oldPassword)).toBe(true)
    const code = await codeFor('ann@x.example')
    await confirm('ann', code)
    expect(await isPassword('ann', newPassword)).toBe(true)
    expect(await isPassword('ann', oldPassword)).toBe(false)
    await expect(confirm('ann', code)).rejects.toMatchObject(fault('ExpiredCodeException'))
  })

  it('that an administrator reset is replaced the same way', async () => {
    await make('bob')
    await directory.call('AdminResetUserPassword', { UserPoolId, Username: 'bob' })
    expect(await statusOf('bob')).toBe('RESET_REQUIRED')
    await confirm('bob', await codeFor('bob@x.example'))
    expect(await statusOf('bob')).toBe('CONFIRMED')
  })

  it('is not replaced by one against the policy, and the code stays good', async () => {
    await make('cat')
    await forgot('cat')
    const code = await codeFor('cat@x.example')
    await expect(confirm('cat', code, { Password: 'weak' })).rejects.toMatchObject(
      fault('InvalidPasswordException'),
    )
    await confirm('cat', code)
  })

  it('is not replaced with a wrong code, nor with any after five wrong ones', async () => {
    await make('dan')
    await forgot('dan')
    const code = await codeFor('dan@x.example')
    for (let attempt = 1; attempt <= 5; attempt += 1)
      await expect(confirm('dan', 'wrong')).rejects.toMatchObject(fault('CodeMismatchException'))
    await expect(confirm('dan', code)).rejects.toMatchObject(fault('LimitExceededException'))
    expect(await isPassword('dan', oldPassword)).toBe(true)
  })

  it('goes to the address that comes first in the recovery setting', async () => {
    await make('eve', { phone_number: '+12065550130', phone_number_verified: 'true' })
    expect((await forgot('eve')).CodeDeliveryDetails?.DeliveryMedium).toBe('EMAIL')
    await directory.call('AdminUpdateUserAttributes', {
      UserPoolId,
      Username: 'eve',
      UserAttributes: [{ Name: 'email_verified', Value: 'false' }],
    })
    expect((await forgot('eve')).CodeDeliveryDetails).toMatchObject({
      AttributeName: 'phone_number',
      DeliveryMedium: 'SMS',
    })
  })

  it('is good for an hour', async () => {
    await make('hugo')
    await forgot('hugo')
    const code = await codeFor('hugo@x.example')
    directory.pass(3_600_000)
    await expect(confirm('hugo', code)).rejects.toMatchObject(
      fault('ExpiredCodeException', 'Invalid code provided, please request a code again.'),
    )
  })

  it('does not go where the second factor goes', async () => {
    const poolId = await directory.makePool({
      MfaConfiguration: 'OPTIONAL',
      SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' },
    })
    const { clientId } = await directory.makeClient(poolId)
    await directory.call('AdminCreateUser', {
      UserPoolId: poolId,
      Username: 'nia',
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'phone_number', Value: '+12065550131' },
        { Name: 'phone_number_verified', Value: 'true' },
      ],
    })
    await directory.call('AdminSetUserPassword', {
      UserPoolId: poolId,
      Username: 'nia',
      Password: oldPassword,
      Permanent: true,
    })
    expect((await forgot('nia', { ClientId: clientId })).CodeDeliveryDetails?.DeliveryMedium).toBe('SMS')
    const records = directory.vault.pool(poolId).primary
    const stored = await records.get(users, 'nia')
    if (stored === undefined) throw new Error('nia is not there')
    await records.commit((changes) =>
      changes.replace(users, stored, { ...stored.value, mfa: { enabled: ['SMS_MFA'] } }),
    )
    await expect(forgot('nia', { ClientId: clientId })).rejects.toMatchObject(
      fault('InvalidParameterException', /no registered\/verified email or phone_number/),
    )
  })

  it('of an account that is yet to be confirmed is replaced where an address is verified, and confirms it', async () => {
    await directory.call('SignUp', {
      ClientId,
      Username: 'oda',
      Password: oldPassword,
      UserAttributes: [{ Name: 'email', Value: 'oda@x.example' }],
    })
    await expect(forgot('oda')).rejects.toMatchObject(fault('InvalidParameterException'))
    await directory.call('AdminUpdateUserAttributes', {
      UserPoolId,
      Username: 'oda',
      UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
    })
    await forgot('oda')
    await confirm('oda', await codeFor('oda@x.example'))
    expect(await statusOf('oda')).toBe('CONFIRMED')
    expect(await isPassword('oda', newPassword)).toBe(true)
  })

  it('is sent a code at most five times within the hour', async () => {
    await make('fay')
    for (let sending = 1; sending <= 5; sending += 1) await forgot('fay')
    await expect(forgot('fay')).rejects.toMatchObject(fault('LimitExceededException'))
  })

  it('stays lost without a verified address, before the first sign-in, and for a disabled user', async () => {
    await make('gus', { email_verified: 'false' })
    await expect(forgot('gus')).rejects.toMatchObject(
      fault('InvalidParameterException', /no registered\/verified email/),
    )
    await directory.call('AdminCreateUser', { UserPoolId, Username: 'hal', MessageAction: 'SUPPRESS' })
    await expect(forgot('hal')).rejects.toMatchObject(
      fault('NotAuthorizedException', 'User password cannot be reset in the current state.'),
    )
    await make('ida')
    await directory.call('AdminDisableUser', { UserPoolId, Username: 'ida' })
    const reset = directory.call('AdminResetUserPassword', { UserPoolId, Username: 'ida' })
    for (const call of [forgot('ida'), confirm('ida', '123456'), reset])
      await expect(call).rejects.toMatchObject(fault('NotAuthorizedException', 'User is disabled.'))
  })

  it('is the administrator’s business where the pool says so', async () => {
    const poolId = await directory.makePool({
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] },
    })
    const client = await directory.makeClient(poolId)
    await expect(forgot('ann', { ClientId: client.clientId })).rejects.toMatchObject(
      fault('NotAuthorizedException', 'Contact administrator to reset password.'),
    )
  })

  it('is asked for with the secret hash of a client that has a secret', async () => {
    const { clientId, secret } = await directory.makeClient(UserPoolId, { GenerateSecret: true })
    await make('jan')
    for (const call of [forgot('jan', { ClientId: clientId }), confirm('jan', '1', { ClientId: clientId })])
      await expect(call).rejects.toMatchObject(fault('NotAuthorizedException', /SECRET_HASH/))
    const SecretHash = secretHash(secret ?? '', 'jan', clientId)
    await expect(forgot('jan', { ClientId: clientId, SecretHash })).resolves.toBeDefined()
  })
})

describe('a client that hides users', () => {
  it('answers for nobody, a disabled user and one without a verified address as for anybody', async () => {
    await make('kim', { email_verified: 'false' })
    await make('leo')
    await directory.call('AdminDisableUser', { UserPoolId, Username: 'leo' })
    for (const name of ['nobody', 'kim', 'leo']) {
      const { CodeDeliveryDetails } = await forgot(name, { ClientId: hiding })
      expect(CodeDeliveryDetails).toMatchObject({
        AttributeName: 'email',
        Destination: expect.stringMatching(/^[a-z]\*\*\*@[a-z]\*\*\*$/),
      })
    }
    expect(await directory.inbox(UserPoolId, 'leo@x.example')).toEqual([])
    for (const name of ['nobody', 'leo'])
      await expect(confirm(name, '123456', { ClientId: hiding })).rejects.toMatchObject(
        fault('CodeMismatchException'),
      )
  })

  it('sends nobody, a disabled user and one without an address as many codes as anybody, and lets them guess as often', async () => {
    await make('ursula')
    await make('vico', { email_verified: 'false' })
    await make('wanda')
    await directory.call('AdminDisableUser', { UserPoolId, Username: 'wanda' })
    const codeOf = (answer: Promise<unknown>): Promise<unknown> =>
      answer.then(
        () => 'done',
        (error: { readonly code: string; readonly message: string }) => [error.code, error.message],
      )
    const seen: Record<string, readonly unknown[]> = {}
    for (const name of ['ursula', 'vico', 'wanda', 'someone']) {
      const answers: unknown[] = [await codeOf(forgot(name, { ClientId: hiding }))]
      const sent = name === 'ursula' ? await codeFor('ursula@x.example') : '000000'
      const wrong = sent === '111111' ? '222222' : '111111'
      for (let guess = 1; guess <= 6; guess += 1)
        answers.push(await codeOf(confirm(name, wrong, { ClientId: hiding })))
      for (let sending = 2; sending <= 6; sending += 1)
        answers.push(await codeOf(forgot(name, { ClientId: hiding })))
      seen[name] = answers
    }
    expect(seen.ursula?.filter((answer) => String(answer).startsWith('LimitExceeded'))).toHaveLength(2)
    for (const name of ['vico', 'wanda', 'someone']) expect([name, seen[name]]).toEqual([name, seen.ursula])
  })

  it('and one that does not says that there is nobody', async () => {
    for (const call of [forgot('nobody'), confirm('nobody', '123456')])
      await expect(call).rejects.toMatchObject(
        fault('UserNotFoundException', 'Username/client id combination not found.'),
      )
  })
})
