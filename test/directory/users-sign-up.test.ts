// Signing up: accounts that users make and confirm themselves.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { pendingCodes, users } from '../../src/directory/records/user.ts'
import { secretHash } from '../../src/directory/secret-hash.ts'
import { fault } from '../support/directory.ts'
import { startUsersDirectory, type UsersDirectory } from '../support/users-directory.ts'

let directory: UsersDirectory
let poolId: string
let ClientId: string
beforeAll(async () => {
  directory = await startUsersDirectory()
  poolId = await directory.makePool({
    AutoVerifiedAttributes: ['email'],
    AliasAttributes: ['email', 'preferred_username'],
    Schema: [{ Name: 'email', Required: true }],
    VerificationMessageTemplate: { EmailMessage: 'Code {####}', EmailSubject: 'Welcome' },
  })
  ClientId = (await directory.makeClient(poolId)).clientId
})
afterAll(() => directory.close())

const Password = 'Perm-pass1'
const sign = (Username: string, more: Partial<Input<'SignUp'>> = {}) =>
  directory.call('SignUp', {
    ClientId,
    Username,
    Password,
    UserAttributes: [{ Name: 'email', Value: `${Username}@x.example` }],
    ...more,
  })
const confirm = (Username: string, ConfirmationCode: string, more: Partial<Input<'ConfirmSignUp'>> = {}) =>
  directory.call('ConfirmSignUp', { ClientId, Username, ConfirmationCode, ...more })
const resend = (Username: string, clientId = ClientId) =>
  directory.call('ResendConfirmationCode', { ClientId: clientId, Username })
const read = (Username: string, UserPoolId = poolId) =>
  directory.call('AdminGetUser', { UserPoolId, Username })
const codeFor = async (address: string, pool = poolId) =>
  (await directory.inbox(pool, address)).at(-1)?.code ?? ''
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
const verifiedOf = async (Username: string) =>
  (await read(Username)).UserAttributes?.find(({ Name }) => Name === 'email_verified')?.Value

describe('SignUp', () => {
  it('makes an unconfirmed user and sends a code to the address', async () => {
    const answer = await sign('ann')
    expect(answer).toEqual({
      UserConfirmed: false,
      UserSub: expect.stringMatching(/^[0-9a-f-]{36}$/),
      CodeDeliveryDetails: { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@x***' },
    })
    expect(await read('ann')).toMatchObject({ UserStatus: 'UNCONFIRMED', Enabled: true })
    const [message] = await directory.inbox(poolId, 'ann@x.example')
    expect(message).toMatchObject({ subject: 'Welcome', body: `Code ${message?.code}` })
    const { primary } = directory.vault.pool(poolId)
    const user = await primary.get(users, 'ann')
    if (user?.value.credential === undefined) throw new Error('no credential')
    const { passwords } = directory.runtime
    expect(await passwords.isPasswordOf(poolId, 'ann', Password, user.value.credential)).toBe(true)
    expect(JSON.stringify((await primary.get(pendingCodes, 'ann\nsign-up'))?.value)).not.toContain(
      message?.code,
    )
  })

  it('sends no code in a pool that verifies nothing by itself', async () => {
    const plain = await directory.makePool()
    const client = await directory.makeClient(plain)
    const answer = await sign('ann', { ClientId: client.clientId })
    expect(answer.CodeDeliveryDetails).toBeUndefined()
    expect(await directory.inbox(plain)).toEqual([])
  })

  it('sends the code by SMS when both an address and a number are verified', async () => {
    const both = await directory.makePool({ AutoVerifiedAttributes: ['email', 'phone_number'] })
    const client = await directory.makeClient(both)
    const answer = await sign('ann', {
      ClientId: client.clientId,
      UserAttributes: [
        { Name: 'email', Value: 'ann@x.example' },
        { Name: 'phone_number', Value: '+12065550123' },
      ],
    })
    expect(answer.CodeDeliveryDetails).toEqual({
      AttributeName: 'phone_number',
      DeliveryMedium: 'SMS',
      Destination: '+*******0123',
    })
    await confirm('ann', await codeFor('+12065550123', both), { ClientId: client.clientId })
    const { UserAttributes } = await read('ann', both)
    expect(UserAttributes).toContainEqual({ Name: 'phone_number_verified', Value: 'true' })
    expect(UserAttributes).toContainEqual({ Name: 'email_verified', Value: 'false' })
  })

  it('refuses a name that is taken, also for a client that hides users', async () => {
    await sign('bob')
    const hiding = await directory.makeClient(poolId, { PreventUserExistenceErrors: 'ENABLED' })
    for (const client of [ClientId, hiding.clientId])
      await expect(sign('BOB', { ClientId: client })).rejects.toMatchObject(
        fault('UsernameExistsException', 'User already exists'),
      )
  })

  it.each([
    [{ Password: 'weak' }, 'InvalidPasswordException', /^Password did not conform with policy: /],
    [{ Password: undefined }, 'InvalidParameterException', /password is required/],
    [{ UserAttributes: [] }, 'InvalidParameterException', /email: The attribute is required/],
    [
      { UserAttributes: [{ Name: 'email', Value: 'x' }] },
      'InvalidParameterException',
      'Invalid email address format.',
    ],
    [
      {
        UserAttributes: [
          { Name: 'email', Value: 'z@x.example' },
          { Name: 'email_verified', Value: 'true' },
        ],
      },
      'NotAuthorizedException',
      'A client attempted to write unauthorized attribute',
    ],
    [
      {
        UserAttributes: [
          { Name: 'email', Value: 'z@x.example' },
          { Name: 'preferred_username', Value: 'zed' },
        ],
      },
      'InvalidParameterException',
      'Preferred username cannot be provided for unconfirmed account.',
    ],
    [{ Username: 'z@x.example' }, 'InvalidParameterException', /email format/],
    [{ SecretHash: 'x' }, 'InvalidParameterException', /is not configured for secret/],
    [{ ClientId: 'none' }, 'ResourceNotFoundException', /none does not exist/],
  ])('%j is refused, and nobody is made', async (more, code, message) => {
    await expect(sign('zed', more)).rejects.toMatchObject(fault(code, message))
    await expect(read('zed')).rejects.toMatchObject(fault('UserNotFoundException'))
  })

  it('asks a client with a secret for its hash', async () => {
    const { clientId, secret } = await directory.makeClient(poolId, { GenerateSecret: true })
    await expect(sign('cat', { ClientId: clientId })).rejects.toMatchObject(
      fault('NotAuthorizedException', /SECRET_HASH was not received/),
    )
    await expect(sign('cat', { ClientId: clientId, SecretHash: 'x' })).rejects.toMatchObject(
      fault('NotAuthorizedException', `Unable to verify secret hash for client ${clientId}`),
    )
    const SecretHash = secretHash(secret ?? '', 'cat', clientId)
    expect((await sign('cat', { ClientId: clientId, SecretHash })).UserConfirmed).toBe(false)
  })

  it('is refused where only administrators make users', async () => {
    const closed = await directory.makePool({ AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } })
    const client = await directory.makeClient(closed)
    await expect(sign('dan', { ClientId: client.clientId })).rejects.toMatchObject(
      fault('NotAuthorizedException', 'SignUp is not permitted for this user pool'),
    )
  })

  it('takes an address as the name where the pool says so', async () => {
    const byEmail = await directory.makePool({
      UsernameAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
    })
    const client = (await directory.makeClient(byEmail)).clientId
    const answer = await sign('eve@x.example', { ClientId: client, UserAttributes: [] })
    expect((await read('Eve@x.example', byEmail)).Username).toBe(answer.UserSub)
    await expect(sign('eve@X.example', { ClientId: client, UserAttributes: [] })).rejects.toMatchObject(
      fault('UsernameExistsException', 'An account with the given email already exists.'),
    )
    await confirm('eve@x.example', await codeFor('eve@x.example', byEmail), { ClientId: client })
    expect((await read('eve@x.example', byEmail)).UserStatus).toBe('CONFIRMED')
  })
})

describe('ConfirmSignUp', () => {
  it('confirms with the code, verifies the address and makes it an alias; the code is good once', async () => {
    await sign('fay')
    const code = await codeFor('fay@x.example')
    await confirm('fay', code)
    expect((await read('fay@x.example')).UserStatus).toBe('CONFIRMED')
    expect(await verifiedOf('fay')).toBe('true')
    await expect(confirm('fay', code)).rejects.toMatchObject(
      fault('NotAuthorizedException', 'User cannot be confirmed. Current status is CONFIRMED'),
    )
    expect(await directory.vault.pool(poolId).primary.get(pendingCodes, 'fay\nsign-up')).toBeUndefined()
  })

  it('refuses a wrong code, and any code after five wrong ones', async () => {
    await sign('gus')
    const code = await codeFor('gus@x.example')
    for (let attempt = 1; attempt <= 5; attempt += 1)
      await expect(confirm('gus', wrong(code))).rejects.toMatchObject(
        fault('CodeMismatchException', 'Invalid verification code provided, please try again.'),
      )
    await expect(confirm('gus', code)).rejects.toMatchObject(
      fault('LimitExceededException', 'Attempt limit exceeded, please try after some time.'),
    )
    await resend('gus')
    await confirm('gus', await codeFor('gus@x.example'))
  })

  it('counts wrong codes that come at the same moment', async () => {
    await sign('hal')
    const code = await codeFor('hal@x.example')
    await Promise.allSettled(Array.from({ length: 20 }, () => confirm('hal', wrong(code))))
    await expect(confirm('hal', wrong(code))).rejects.toMatchObject({ name: 'Fault' })
    const pending = await directory.vault.pool(poolId).primary.get(pendingCodes, 'hal\nsign-up')
    expect(pending?.value.attemptCount).toBeGreaterThan(0)
    expect(pending?.value.attemptCount).toBeLessThanOrEqual(5)
  })

  it('refuses a code of another user, an earlier one, and one for an address that changed since', async () => {
    await sign('ida')
    await sign('jan')
    const first = await codeFor('ida@x.example')
    await expect(confirm('jan', first)).rejects.toMatchObject(fault('CodeMismatchException'))
    await resend('ida')
    const second = await codeFor('ida@x.example')
    if (first !== second)
      await expect(confirm('ida', first)).rejects.toMatchObject(fault('CodeMismatchException'))
    await directory.call('AdminUpdateUserAttributes', {
      UserPoolId: poolId,
      Username: 'ida',
      UserAttributes: [{ Name: 'email', Value: 'other@x.example' }],
    })
    await expect(confirm('ida', second)).rejects.toMatchObject(fault('CodeMismatchException'))
  })

  it('refuses an address that is another user’s alias, and takes it over when told to', async () => {
    const shared = { UserAttributes: [{ Name: 'email', Value: 'shared@x.example' }] }
    await sign('kim', shared)
    await confirm('kim', await codeFor('shared@x.example'))
    await sign('kim2', shared)
    const code = await codeFor('shared@x.example')
    await expect(confirm('kim2', code)).rejects.toMatchObject(
      fault('AliasExistsException', 'An account with the email already exists.'),
    )
    expect((await read('kim2')).UserStatus).toBe('UNCONFIRMED')
    await confirm('kim2', code, { ForceAliasCreation: true })
    expect((await read('shared@x.example')).Username).toBe('kim2')
    expect(await verifiedOf('kim')).toBe('false')
  })

  it('tells an unknown user apart only when the client does not hide users', async () => {
    await expect(confirm('nobody', '123456')).rejects.toMatchObject(
      fault('UserNotFoundException', 'Username/client id combination not found.'),
    )
    const hiding = await directory.makeClient(poolId, { PreventUserExistenceErrors: 'ENABLED' })
    await expect(confirm('nobody', '123456', { ClientId: hiding.clientId })).rejects.toMatchObject(
      fault('CodeMismatchException'),
    )
  })

  it('is refused for a disabled user', async () => {
    await sign('leo')
    await directory.call('AdminDisableUser', { UserPoolId: poolId, Username: 'leo' })
    await expect(confirm('leo', await codeFor('leo@x.example'))).rejects.toMatchObject(
      fault('NotAuthorizedException', 'User is disabled.'),
    )
  })
})

describe('AdminConfirmSignUp', () => {
  it('confirms without a code and leaves the address unverified', async () => {
    await sign('mia')
    const confirmMia = () => directory.call('AdminConfirmSignUp', { UserPoolId: poolId, Username: 'mia' })
    await confirmMia()
    expect((await read('mia')).UserStatus).toBe('CONFIRMED')
    expect(await verifiedOf('mia')).toBe('false')
    await expect(confirmMia()).rejects.toMatchObject(
      fault('NotAuthorizedException', 'User cannot be confirmed. Current status is CONFIRMED'),
    )
    await expect(
      directory.call('AdminConfirmSignUp', { UserPoolId: poolId, Username: 'nobody' }),
    ).rejects.toMatchObject(fault('UserNotFoundException'))
  })
})

describe('ResendConfirmationCode', () => {
  it('sends at most five codes within the hour', async () => {
    await sign('nia')
    for (let sending = 2; sending <= 5; sending += 1)
      expect((await resend('nia')).CodeDeliveryDetails?.Destination).toBe('n***@x***')
    await expect(resend('nia')).rejects.toMatchObject(
      fault('LimitExceededException', 'Attempt limit exceeded, please try after some time.'),
    )
  })

  it('is refused for a confirmed user and where nothing is verified by itself', async () => {
    await sign('oli')
    await confirm('oli', await codeFor('oli@x.example'))
    await expect(resend('oli')).rejects.toMatchObject(
      fault('InvalidParameterException', 'User is already confirmed.'),
    )
    const plain = await directory.makePool()
    const { clientId } = await directory.makeClient(plain)
    await sign('oli', { ClientId: clientId })
    const hiding = await directory.makeClient(plain, { PreventUserExistenceErrors: 'ENABLED' })
    for (const [name, client] of [
      ['oli', clientId],
      ['oli', hiding.clientId],
      ['nobody', hiding.clientId],
    ] as const)
      await expect(resend(name, client)).rejects.toMatchObject(
        fault('NotAuthorizedException', 'Cannot resend codes. Auto verification not turned on.'),
      )
  })

  it('answers for an unknown user with a destination that stays the same, when the client hides users', async () => {
    await expect(resend('nobody')).rejects.toMatchObject(fault('UserNotFoundException'))
    const { clientId } = await directory.makeClient(poolId, { PreventUserExistenceErrors: 'ENABLED' })
    const first = await resend('nobody', clientId)
    expect(first.CodeDeliveryDetails).toMatchObject({
      AttributeName: 'email',
      DeliveryMedium: 'EMAIL',
      Destination: expect.stringMatching(/^[a-z]\*\*\*@[a-z]\*\*\*$/),
    })
    expect(await resend('Nobody', clientId)).toEqual(first)
  })

  it('sends nobody as many codes as anybody, and lets them guess as often, when the client hides users', async () => {
    const { clientId } = await directory.makeClient(poolId, { PreventUserExistenceErrors: 'ENABLED' })
    await sign('quin')
    const seen: unknown[] = []
    for (const [name, sendings] of [
      ['quin', 4],
      ['someone', 5],
    ] as const) {
      const refusalOf = (answer: Promise<unknown>): Promise<unknown> =>
        answer.then(
          () => undefined,
          (error: { readonly code: string; readonly message: string }) => [error.code, error.message],
        )
      // The code of the sign-up counts.
      for (let sending = 1; sending <= sendings; sending += 1) await resend(name, clientId)
      const code = name === 'quin' ? await codeFor('quin@x.example') : '000000'
      const answers = [await refusalOf(resend(name, clientId))]
      for (let guess = 1; guess <= 6; guess += 1)
        answers.push(await refusalOf(confirm(name, wrong(code), { ClientId: clientId })))
      seen.push(answers)
    }
    expect(seen[1]).toEqual(seen[0])
    expect(seen[0]).toEqual([
      ['LimitExceededException', expect.any(String)],
      ...Array.from({ length: 5 }, () => ['CodeMismatchException', expect.any(String)]),
      ['LimitExceededException', expect.any(String)],
    ])
  })
})

// Last, because it moves the clock for every test after it.
describe('time', () => {
  it('voids a code after a day and lets new ones be sent after an hour', async () => {
    const hourMs = 3_600_000
    await sign('pam')
    const code = await codeFor('pam@x.example')
    directory.pass(hourMs)
    await expect(resend('nia')).resolves.toBeDefined()
    directory.pass(23 * hourMs)
    await expect(confirm('pam', code)).rejects.toMatchObject(
      fault('ExpiredCodeException', 'Invalid code provided, please request a code again.'),
    )
  })
})
