// What signed-in users do with their own account through the AWS SDK: password, attributes, verification by code, deletion.
import {
  AdminGetUserCommand,
  AdminUpdateUserAttributesCommand,
  ChangePasswordCommand,
  type CognitoIdentityProviderClient,
  DeleteUserAttributesCommand,
  DeleteUserCommand,
  GetUserAttributeVerificationCodeCommand,
  GetUserCommand,
  UpdateUserAttributesCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { password, refusal, stepsOf } from '../support/signin-steps.ts'

const regionKey = systemRandom.bytes(32)
const region = await startSigninRegion({ region: 'us-east-1', regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const { makePool, makeUser, signIn } = stepsOf(region)
afterAll(() => Promise.all([region.close(), secondary.close()]))

const address = 'ana@quarry.example'
let poolId = ''
let clientId = ''
let AccessToken = ''

const start = async (
  settings: Parameters<typeof makePool>[0] = {},
  client: Parameters<typeof makePool>[1] = {},
  attributes: Record<string, string> = { email: address, email_verified: 'true', name: 'Ana' },
) => {
  const made = await makePool({ AutoVerifiedAttributes: ['email'], ...settings }, client)
  poolId = made.poolId
  clientId = made.clientId
  await makeUser(poolId, 'ana', attributes)
  AccessToken = (await signIn(clientId, 'ana')).AuthenticationResult?.AccessToken ?? ''
}
beforeEach(() => start())

const attributesOf = async (): Promise<Record<string, string>> => {
  const { UserAttributes = [] } = await region.client.send(
    new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }),
  )
  return Object.fromEntries(UserAttributes.map(({ Name = '', Value = '' }) => [Name, Value]))
}
const update = (attributes: Record<string, string>) =>
  region.client.send(
    new UpdateUserAttributesCommand({
      AccessToken,
      UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
    }),
  )
const verify = (Code: string, AttributeName = 'email') =>
  region.client.send(new VerifyUserAttributeCommand({ AccessToken, AttributeName, Code }))
const askForCode = (AttributeName = 'email') =>
  region.client.send(new GetUserAttributeVerificationCodeCommand({ AccessToken, AttributeName }))
const lastCode = (): string => region.sent.at(-1)?.code ?? ''
const other = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

describe('ChangePassword', () => {
  const change = (PreviousPassword: string | undefined, ProposedPassword: string) =>
    region.client.send(new ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword }))

  it('takes the present password and sets another one', async () => {
    await change(password, 'Another-horse-2!')
    await expect(signIn(clientId, 'ana')).rejects.toEqual(refusal('NotAuthorizedException'))
    expect((await signIn(clientId, 'ana', 'Another-horse-2!')).AuthenticationResult).toBeDefined()
  })

  it('refuses a wrong present password, a missing one, and one that breaks the policy', async () => {
    await expect(change('Wrong-horse-1!', 'Another-horse-2!')).rejects.toEqual(
      refusal('NotAuthorizedException', 'Incorrect username or password.'),
    )
    await expect(change(undefined, 'Another-horse-2!')).rejects.toEqual(refusal('InvalidParameterException'))
    await expect(change(password, 'weak')).rejects.toEqual(refusal('InvalidPasswordException'))
    expect((await signIn(clientId, 'ana')).AuthenticationResult).toBeDefined()
  })

  it('stops counting passwords after five wrong ones', async () => {
    for (let index = 0; index < 5; index += 1)
      await expect(change('Wrong-horse-1!', 'Another-horse-2!')).rejects.toEqual(
        refusal('NotAuthorizedException'),
      )
    await expect(change(password, 'Another-horse-2!')).rejects.toEqual(
      refusal('LimitExceededException', 'Attempt limit exceeded, please try after some time.'),
    )
    region.pass(2_000)
    await change(password, 'Another-horse-2!')
  })

  it('refuses a password of the history', async () => {
    await start({ Policies: { PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 2 } } })
    await change(password, 'Another-horse-2!')
    await expect(change('Another-horse-2!', password)).rejects.toEqual(
      refusal('PasswordHistoryPolicyViolationException'),
    )
  })
})

describe('UpdateUserAttributes', () => {
  it('changes what the client may write, and sends nothing for what needs no code', async () => {
    const before = region.sent.length
    expect((await update({ name: 'Anna', nickname: 'An' })).CodeDeliveryDetailsList).toEqual([])
    expect(await attributesOf()).toMatchObject({ name: 'Anna', nickname: 'An', email_verified: 'true' })
    expect(region.sent.length).toBe(before)
  })

  it('sends a code to a new address, which counts at once but unverified until the code is back', async () => {
    const { CodeDeliveryDetailsList } = await update({ email: 'new@quarry.example' })
    expect(CodeDeliveryDetailsList).toEqual([
      { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'n***@q***' },
    ])
    expect(region.sent.at(-1)?.to).toBe('new@quarry.example')
    expect(await attributesOf()).toMatchObject({ email: 'new@quarry.example', email_verified: 'false' })
    await expect(verify(other(lastCode()))).rejects.toEqual(
      refusal('CodeMismatchException', 'Invalid verification code provided, please try again.'),
    )
    await verify(lastCode())
    expect(await attributesOf()).toMatchObject({ email: 'new@quarry.example', email_verified: 'true' })
  })

  it('keeps the old address until the new one is verified, where the pool says so', async () => {
    await start({
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
    })
    await update({ email: 'new@quarry.example', name: 'Anna' })
    expect(await attributesOf()).toMatchObject({ email: address, email_verified: 'true', name: 'Anna' })
    const first = lastCode()
    await askForCode()
    expect(region.sent.at(-1)?.to).toBe('new@quarry.example')
    if (first !== lastCode()) await expect(verify(first)).rejects.toEqual(refusal('CodeMismatchException'))
    await verify(lastCode())
    expect(await attributesOf()).toMatchObject({ email: 'new@quarry.example', email_verified: 'true' })
    await expect(verify(lastCode())).rejects.toEqual(refusal('ExpiredCodeException'))
  })

  it('refuses what the client may not write, what the schema forbids, and flags of verification', async () => {
    await start({}, { WriteAttributes: ['name'] })
    const unauthorized = refusal(
      'NotAuthorizedException',
      'A client attempted to write unauthorized attribute',
    )
    await expect(update({ nickname: 'An' })).rejects.toEqual(unauthorized)
    await start()
    await expect(update({ email_verified: 'true' })).rejects.toEqual(unauthorized)
    await expect(update({ 'custom:unknown': 'x' })).rejects.toMatchObject({
      name: expect.stringMatching(/^(NotAuthorized|InvalidParameter)Exception$/),
    })
    await expect(update({ email: 'no address' })).rejects.toEqual(
      refusal('InvalidParameterException', 'Invalid email address format.'),
    )
  })

  it('refuses an address that is another user’s alias once it would be verified', async () => {
    await start({ AliasAttributes: ['email'] })
    await makeUser(poolId, 'bo', { email: 'bo@quarry.example', email_verified: 'true' })
    await update({ email: 'bo@quarry.example' })
    await expect(verify(lastCode())).rejects.toEqual(refusal('AliasExistsException'))
    expect((await attributesOf()).email_verified).toBe('false')
  })
})

describe('a verification code', () => {
  it('can be asked for, five times an hour, and verifies the address that it was sent to', async () => {
    await start({}, {}, { email: address, phone_number: '+15550104333' })
    const { CodeDeliveryDetails } = await askForCode('phone_number')
    expect(CodeDeliveryDetails).toMatchObject({ AttributeName: 'phone_number', DeliveryMedium: 'SMS' })
    await verify(lastCode(), 'phone_number')
    expect(await attributesOf()).toMatchObject({ phone_number_verified: 'true' })
    for (let index = 0; index < 5; index += 1) await askForCode('email')
    await expect(askForCode('email')).rejects.toEqual(refusal('LimitExceededException'))
    region.pass(3_600_001)
  })

  it('is void once the address has changed, once it is a day old, and after five wrong ones', async () => {
    await askForCode()
    const code = lastCode()
    await region.client.send(
      new AdminUpdateUserAttributesCommand({
        UserPoolId: poolId,
        Username: 'ana',
        UserAttributes: [{ Name: 'email', Value: 'else@quarry.example' }],
      }),
    )
    await expect(verify(code)).rejects.toEqual(refusal('CodeMismatchException'))
    await askForCode()
    for (let index = 0; index < 5; index += 1)
      await expect(verify(other(lastCode()))).rejects.toEqual(refusal('CodeMismatchException'))
    await expect(verify(lastCode())).rejects.toEqual(refusal('LimitExceededException'))
  })

  it('is only for addresses that the user has', async () => {
    await expect(askForCode('phone_number')).rejects.toEqual(refusal('InvalidParameterException'))
    await expect(askForCode('name')).rejects.toEqual(refusal('InvalidParameterException'))
    await expect(verify('123456')).rejects.toEqual(refusal('ExpiredCodeException'))
  })
})

describe('DeleteUserAttributes', () => {
  it('removes attributes, and their verification with them', async () => {
    await region.client.send(
      new DeleteUserAttributesCommand({ AccessToken, UserAttributeNames: ['name', 'email'] }),
    )
    expect(Object.keys(await attributesOf())).toEqual(['sub'])
  })

  it('refuses one that the client may not write', async () => {
    await start({}, { WriteAttributes: ['nickname'] })
    await expect(
      region.client.send(new DeleteUserAttributesCommand({ AccessToken, UserAttributeNames: ['name'] })),
    ).rejects.toEqual(refusal('NotAuthorizedException'))
  })
})

describe('DeleteUser', () => {
  it('deletes the account, whose tokens are good for nothing then', async () => {
    await region.client.send(new DeleteUserCommand({ AccessToken }))
    await expect(attributesOf()).rejects.toEqual(refusal('UserNotFoundException'))
    await expect(region.client.send(new GetUserCommand({ AccessToken }))).rejects.toMatchObject({
      name: expect.stringMatching(/^(UserNotFound|NotAuthorized)Exception$/),
    })
    await makeUser(poolId, 'ana', { email: address, email_verified: 'true' })
  })
})

describe('each of these operations', () => {
  type Send = (client: CognitoIdentityProviderClient, token: string) => Promise<unknown>
  const operations: Readonly<Record<string, Send>> = {
    ChangePassword: (client, token) =>
      client.send(
        new ChangePasswordCommand({
          AccessToken: token,
          PreviousPassword: password,
          ProposedPassword: 'Another-horse-2!',
        }),
      ),
    UpdateUserAttributes: (client, token) =>
      client.send(
        new UpdateUserAttributesCommand({
          AccessToken: token,
          UserAttributes: [{ Name: 'name', Value: 'x' }],
        }),
      ),
    DeleteUserAttributes: (client, token) =>
      client.send(new DeleteUserAttributesCommand({ AccessToken: token, UserAttributeNames: ['name'] })),
    GetUserAttributeVerificationCode: (client, token) =>
      client.send(
        new GetUserAttributeVerificationCodeCommand({ AccessToken: token, AttributeName: 'email' }),
      ),
    VerifyUserAttribute: (client, token) =>
      client.send(
        new VerifyUserAttributeCommand({ AccessToken: token, AttributeName: 'email', Code: '123456' }),
      ),
    DeleteUser: (client, token) => client.send(new DeleteUserCommand({ AccessToken: token })),
  }
  const each = Object.entries(operations)

  it.each(each)('%s refuses what is no access token', async (_, send) => {
    await expect(send(region.client, 'nonsense')).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid Access Token'),
    )
    const { AuthenticationResult } = await signIn(clientId, 'ana')
    await expect(send(region.client, AuthenticationResult?.IdToken ?? '')).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid Access Token'),
    )
  })

  it.each(each)('%s is for the primary', async (name, send) => {
    await copyPool(poolId, region, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE', primaryRegion: 'us-east-1' })
    await expect(send(secondary.client, AccessToken)).rejects.toEqual(
      refusal('OperationNotEnabledException', new RegExp(`^${name} .*us-east-1`)),
    )
  })
})
