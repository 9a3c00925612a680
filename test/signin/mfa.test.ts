// Second factors through the AWS SDK: what a pool and a user ask for, what a code is good for, and what each wrong step is told.
import {
  AdminGetUserCommand,
  AssociateSoftwareTokenCommand,
  GetUserCommand,
  SetUserPoolMfaConfigCommand,
  UpdateUserPoolCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { mfaStepsOf, smsSettings } from '../support/mfa-steps.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { refusal } from '../support/signin-steps.ts'

const regionKey = systemRandom.bytes(32)
const region = await startSigninRegion({ regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const {
  makePool,
  makeMfaPool,
  makeUser,
  signIn,
  answer,
  accessTokenOf,
  setPreference,
  setUpTotp,
  totp,
  lastCode,
  startSrp,
  answerSrp,
} = mfaStepsOf(region)
afterAll(() => Promise.all([region.close(), secondary.close()]))

const { SmsConfiguration } = smsSettings
const addresses = { phone_number: '+15550104333', email: 'ana@example.com' }

/** A pool where MFA is optional, with a user who has a software token turned on. */
const withTotp = async () => {
  const made = await makeMfaPool('OPTIONAL')
  await makeUser(made.poolId, 'ana', addresses)
  const accessToken = await accessTokenOf(made.clientId, 'ana')
  const secret = await setUpTotp(accessToken, 'My phone')
  await setPreference(accessToken, { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } })
  // The code that verified the secret is used up.
  region.pass(30_000)
  return { ...made, accessToken, secret }
}

it('a code by SMS leaves a phone number with the user whose alias it is', async () => {
  const { poolId, clientId } = await makeMfaPool(
    'ON',
    { SmsMfaConfiguration: smsSettings },
    { AliasAttributes: ['phone_number'] },
  )
  const phone_number = '+15550104333'
  await makeUser(poolId, 'bea', { phone_number, phone_number_verified: 'true' })
  await makeUser(poolId, 'ana', { phone_number })
  const { Session } = await signIn(clientId, 'ana')
  const done = await answer(clientId, 'SMS_MFA', Session, { USERNAME: 'ana', SMS_MFA_CODE: lastCode() })
  expect(done.AuthenticationResult).toBeDefined()
  const { UserAttributes } = await region.client.send(
    new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }),
  )
  expect(UserAttributes).not.toContainEqual({ Name: 'phone_number_verified', Value: 'true' })
  const byNumber = await signIn(clientId, phone_number)
  expect(byNumber.ChallengeParameters?.USER_ID_FOR_SRP).toBe('bea')
})

it('a code by SMS shows that the phone number is the user’s', async () => {
  const { poolId, clientId } = await makeMfaPool('ON', { SmsMfaConfiguration: smsSettings })
  await makeUser(poolId, 'ana', { phone_number: '+15550104333' })
  const { Session } = await signIn(clientId, 'ana')
  const done = await answer(clientId, 'SMS_MFA', Session, { USERNAME: 'ana', SMS_MFA_CODE: lastCode() })
  expect(done.AuthenticationResult).toBeDefined()
  const { UserAttributes } = await region.client.send(
    new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }),
  )
  expect(UserAttributes).toContainEqual({ Name: 'phone_number_verified', Value: 'true' })
})

describe('a software token', () => {
  it('is asked for after the password, by password and by SRP, once it is turned on', async () => {
    const { clientId, poolId, secret, accessToken } = await withTotp()
    const begun = await signIn(clientId, 'ana')
    expect(begun).toMatchObject({
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      ChallengeParameters: { USER_ID_FOR_SRP: 'ana', FRIENDLY_DEVICE_NAME: 'My phone' },
    })
    expect(begun.AuthenticationResult).toBeUndefined()
    const done = await answer(clientId, 'SOFTWARE_TOKEN_MFA', begun.Session, {
      USERNAME: 'ana',
      SOFTWARE_TOKEN_MFA_CODE: totp(secret),
    })
    expect(done.AuthenticationResult?.RefreshToken).toBeDefined()
    const bySrp = await answerSrp(await startSrp(poolId, clientId, 'ana'), clientId)
    expect(bySrp.ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
    const shown = { UserMFASettingList: ['SOFTWARE_TOKEN_MFA'], PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA' }
    expect(await region.client.send(new GetUserCommand({ AccessToken: accessToken }))).toMatchObject(shown)
    expect(
      await region.client.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' })),
    ).toMatchObject(shown)
  })

  it('is still asked for where the pool has turned software tokens off since', async () => {
    const { clientId, poolId } = await withTotp()
    await region.client.send(
      new SetUserPoolMfaConfigCommand({
        UserPoolId: poolId,
        MfaConfiguration: 'OPTIONAL',
        SoftwareTokenMfaConfiguration: { Enabled: false },
        SmsMfaConfiguration: smsSettings,
      }),
    )
    expect((await signIn(clientId, 'ana')).ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
  })

  it('takes a code of one step earlier or later, each once, and none from before the last one', async () => {
    const { clientId, secret } = await withTotp()
    const tryCode = async (code: string) => {
      const begun = await signIn(clientId, 'ana')
      return answer(clientId, 'SOFTWARE_TOKEN_MFA', begun.Session, {
        USERNAME: 'ana',
        SOFTWARE_TOKEN_MFA_CODE: code,
      })
    }
    const used = refusal('ExpiredCodeException', 'Your software token has already been used once.')
    region.pass(60_000)
    expect((await tryCode(totp(secret, -1))).AuthenticationResult).toBeDefined()
    expect((await tryCode(totp(secret))).AuthenticationResult).toBeDefined()
    await expect(tryCode(totp(secret))).rejects.toEqual(used)
    await expect(tryCode(totp(secret, -1))).rejects.toEqual(used)
    expect((await tryCode(totp(secret, 1))).AuthenticationResult).toBeDefined()
    await expect(tryCode(totp(secret, 5))).rejects.toEqual(
      refusal('CodeMismatchException', 'Invalid code received for user'),
    )
  })

  it('locks out after five wrong codes, in whichever session they come, and not for ever', async () => {
    const { clientId, secret } = await withTotp()
    const tryCode = async (code: string) => {
      const { Session } = await signIn(clientId, 'ana')
      return answer(clientId, 'SOFTWARE_TOKEN_MFA', Session, {
        USERNAME: 'ana',
        SOFTWARE_TOKEN_MFA_CODE: code,
      })
    }
    for (let failure = 0; failure < 5; failure += 1)
      await expect(tryCode(totp(secret, 1_000))).rejects.toEqual(refusal('CodeMismatchException'))
    await expect(tryCode(totp(secret))).rejects.toEqual(
      refusal('NotAuthorizedException', 'Password attempts exceeded'),
    )
    region.pass(1_000)
    expect((await tryCode(totp(secret))).AuthenticationResult).toBeDefined()
  })

  it('is associated and verified only with a right code, in a pool that has software tokens', async () => {
    const { poolId, clientId } = await makeMfaPool('OPTIONAL')
    await makeUser(poolId, 'bea')
    const AccessToken = await accessTokenOf(clientId, 'bea')
    await expect(
      region.client.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: '123456' })),
    ).rejects.toEqual(refusal('SoftwareTokenMFANotFoundException'))
    const { SecretCode } = await region.client.send(new AssociateSoftwareTokenCommand({ AccessToken }))
    expect(SecretCode).toMatch(/^[A-Z2-7]{52}$/)
    await expect(
      region.client.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: totp(SecretCode, 100) })),
    ).rejects.toEqual(
      refusal('EnableSoftwareTokenMFAException', 'Code mismatch and fail enable Software Token MFA'),
    )
    await expect(setPreference(AccessToken, { SoftwareTokenMfaSettings: { Enabled: true } })).rejects.toEqual(
      refusal('InvalidParameterException', 'User has not verified software token mfa'),
    )
    await expect(region.client.send(new AssociateSoftwareTokenCommand({}))).rejects.toEqual(
      refusal('InvalidParameterException'),
    )
    await expect(
      region.client.send(new AssociateSoftwareTokenCommand({ AccessToken: 'not.a.token' })),
    ).rejects.toEqual(refusal('NotAuthorizedException'))

    const without = await makeMfaPool('OPTIONAL', { SmsMfaConfiguration: smsSettings })
    await makeUser(without.poolId, 'bea')
    const token = await accessTokenOf(without.clientId, 'bea')
    await expect(
      region.client.send(new AssociateSoftwareTokenCommand({ AccessToken: token })),
    ).rejects.toEqual(refusal('SoftwareTokenMFANotFoundException'))
  })
})

describe('a code that is sent', () => {
  it.each([
    ['that was made with SMS', () => makePool({ MfaConfiguration: 'OPTIONAL', SmsConfiguration })],
    [
      'that was updated to ask for SMS',
      async () => {
        const made = await makePool()
        await region.client.send(
          new UpdateUserPoolCommand({
            UserPoolId: made.poolId,
            MfaConfiguration: 'OPTIONAL',
            SmsConfiguration,
          }),
        )
        return made
      },
    ],
    [
      'that could send SMS when it began to ask for software tokens',
      async () => {
        const made = await makePool({ SmsConfiguration })
        await region.client.send(
          new SetUserPoolMfaConfigCommand({
            UserPoolId: made.poolId,
            MfaConfiguration: 'OPTIONAL',
            SoftwareTokenMfaConfiguration: { Enabled: true },
          }),
        )
        return made
      },
    ],
  ])('is asked for in every Region of a pool %s, whatever that Region knows of sending', async (_, make) => {
    const { poolId, clientId } = await make()
    await makeUser(poolId, 'ana', addresses)
    await setPreference(await accessTokenOf(clientId, 'ana'), { SMSMfaSettings: { Enabled: true } })
    expect((await signIn(clientId, 'ana')).ChallengeName).toBe('SMS_MFA')
    await copyPool(poolId, region, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE' })
    const there = await mfaStepsOf(secondary).signIn(clientId, 'ana')
    expect(there.ChallengeName).toBe('SMS_MFA')
    expect(there.AuthenticationResult).toBeUndefined()
  })

  const channels = [
    ['SMS_MFA', 'SMS', 'SMS_MFA_CODE', { SMSMfaSettings: { Enabled: true } }, '+*******4333'],
    ['EMAIL_OTP', 'EMAIL', 'EMAIL_OTP_CODE', { EmailMfaSettings: { Enabled: true } }, 'a***@e***'],
  ] as const

  it.each(channels)(
    '%s goes out, is good once and for its session only',
    async (factor, medium, name, on, to) => {
      const { poolId, clientId } = await makeMfaPool('OPTIONAL')
      await makeUser(poolId, 'ana', addresses)
      await setPreference(await accessTokenOf(clientId, 'ana'), on)
      const begun = await signIn(clientId, 'ana')
      expect(begun).toMatchObject({
        ChallengeName: factor,
        ChallengeParameters: {
          CODE_DELIVERY_DELIVERY_MEDIUM: medium,
          CODE_DELIVERY_DESTINATION: to,
          USER_ID_FOR_SRP: 'ana',
        },
      })
      const code = lastCode()
      expect(code).toMatch(/^\d{6}$/)
      expect(region.sent.at(-1)?.body).toContain(code)
      const wrong = code === '000000' ? '000001' : '000000'
      await expect(
        answer(clientId, factor, begun.Session, { USERNAME: 'ana', [name]: wrong }),
      ).rejects.toEqual(refusal('CodeMismatchException', 'Invalid code or auth state for the user.'))
      const done = await answer(clientId, factor, begun.Session, { USERNAME: 'ana', [name]: code })
      expect(done.AuthenticationResult?.AccessToken).toBeDefined()
      await expect(
        answer(clientId, factor, begun.Session, { USERNAME: 'ana', [name]: code }),
      ).rejects.toEqual(
        refusal('NotAuthorizedException', 'Invalid session for the user, session can only be used once.'),
      )
      const second = await signIn(clientId, 'ana')
      const other = lastCode() === code ? wrong : code
      await expect(
        answer(clientId, factor, second.Session, { USERNAME: 'ana', [name]: other }),
      ).rejects.toEqual(refusal('CodeMismatchException'))
      region.pass(3 * 60_000)
      await expect(
        answer(clientId, factor, second.Session, { USERNAME: 'ana', [name]: lastCode() }),
      ).rejects.toEqual(
        refusal('NotAuthorizedException', 'Invalid session for the user, session is expired.'),
      )
    },
  )
})
