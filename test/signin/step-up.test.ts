// Authentication levels through the AWS SDK: what tokens say of a sign-in, and how USER_AUTH brings one to the level that is asked for.
import {
  type AuthenticationResultType,
  CompleteWebAuthnRegistrationCommand,
  CreateUserPoolCommand,
  DescribeUserPoolCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  type InitiateAuthResponse,
  RevokeTokenCommand,
  SetUserPoolMfaConfigCommand,
  StartWebAuthnRegistrationCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { everyFactor, mfaStepsOf } from '../support/mfa-steps.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { flows, password, refusal } from '../support/signin-steps.ts'
import { createAuthenticator } from '../support/software-authenticator.ts'

const regionKey = systemRandom.bytes(32)
const region = await startSigninRegion({ regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const {
  makePool,
  makeMfaPool,
  makeUser,
  makeClient,
  answer,
  accessTokenOf,
  setUpTotp,
  setPreference,
  totp,
  lastCode,
} = mfaStepsOf(region)
afterAll(() => Promise.all([region.close(), secondary.close()]))

const userAuth = { ExplicitAuthFlows: [...flows, 'ALLOW_USER_AUTH' as const] }
const firstFactors = (...others: ('EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN')[]) => ({
  Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, ...others] } },
})
const addresses = {
  email: 'ana@example.com',
  email_verified: 'true',
  phone_number: '+15550104333',
  phone_number_verified: 'true',
}
const loa = (...levels: number[]): string => levels.map((level) => `urn:cognito:loa:${level}`).join(' ')

const begin = (ClientId: string, parameters: Record<string, string>, client = region.client) =>
  client.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME: 'ana', ...parameters },
    }),
  )
const plainSignIn = async (ClientId: string): Promise<AuthenticationResultType> => {
  const { AuthenticationResult } = await region.client.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ana', PASSWORD: password },
    }),
  )
  return AuthenticationResult ?? {}
}
const claimsOf = (jwt: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString())
const levelIn = ({ AuthenticationResult }: InitiateAuthResponse) => {
  const [id, access] = [AuthenticationResult?.IdToken, AuthenticationResult?.AccessToken].map(claimsOf)
  expect([id?.acr, id?.amr]).toEqual([access?.acr, access?.amr])
  return { acr: access?.acr, amr: access?.amr }
}
const byPassword = (clientId: string, Session: string | undefined) =>
  answer(clientId, 'SELECT_CHALLENGE', Session, { USERNAME: 'ana', ANSWER: 'PASSWORD', PASSWORD: password })

/** A pool without second factors, whose users can sign in by codes. */
const passwordless = async () => {
  const made = await makePool(
    { ...firstFactors('EMAIL_OTP', 'SMS_OTP'), AutoVerifiedAttributes: ['email'] },
    userAuth,
  )
  await makeUser(made.poolId, 'ana', addresses)
  return made
}
/** A pool with optional second factors; ana has a software token. */
const withTotp = async (client: Parameters<typeof makePool>[1] = {}) => {
  const made = await makeMfaPool('OPTIONAL', everyFactor, {}, { ...userAuth, ...client })
  await makeUser(made.poolId, 'ana', addresses)
  const accessToken = await accessTokenOf(made.clientId, 'ana')
  const secret = await setUpTotp(accessToken)
  await setPreference(accessToken, {
    SoftwareTokenMfaSettings: { Enabled: true },
    SMSMfaSettings: { Enabled: true, PreferredMfa: true },
  })
  region.pass(30_000)
  return { ...made, secret }
}
const byTotp = (clientId: string, secret: string, Session: string | undefined) =>
  answer(clientId, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: totp(secret) })

describe('the level of a sign-in', () => {
  it('is in its tokens when it was asked for, and no other sign-in’s', async () => {
    const { clientId } = await passwordless()
    const { Session } = await begin(clientId, { TARGET_ACR_VALUES: loa(1) })
    expect(levelIn(await byPassword(clientId, Session))).toEqual({ acr: loa(1), amr: ['pwd'] })
    const plain = await begin(clientId, {})
    expect(levelIn(await byPassword(clientId, plain.Session))).toEqual({ acr: undefined, amr: undefined })
  })

  it.each([
    ['EMAIL_OTP', 'email_otp'],
    ['SMS_OTP', 'sms'],
  ] as const)('is the second with a code alone: %s', async (challenge, method) => {
    const { clientId } = await passwordless()
    const begun = await begin(clientId, { TARGET_ACR_VALUES: loa(2) })
    expect(begun.AvailableChallenges).toEqual(['EMAIL_OTP', 'SMS_OTP'])
    const sent = await answer(clientId, 'SELECT_CHALLENGE', begun.Session, {
      USERNAME: 'ana',
      ANSWER: challenge,
    })
    const done = await answer(clientId, challenge, sent.Session, {
      USERNAME: 'ana',
      [`${challenge}_CODE`]: lastCode(),
    })
    expect(levelIn(done)).toEqual({ acr: loa(2), amr: [method] })
  })

  it('is the third with a password and a code that is sent', async () => {
    const { clientId } = await withTotp()
    const begun = await begin(clientId, { TARGET_ACR_VALUES: loa(3), PREFERRED_CHALLENGE: 'PASSWORD' })
    const asked = await answer(clientId, 'PASSWORD', begun.Session, { USERNAME: 'ana', PASSWORD: password })
    expect(asked.ChallengeName).toBe('SMS_MFA')
    const done = await answer(clientId, 'SMS_MFA', asked.Session, {
      USERNAME: 'ana',
      SMS_MFA_CODE: lastCode(),
    })
    expect(levelIn(done)).toEqual({ acr: loa(3), amr: ['pwd', 'sms', 'mfa'] })
  })

  it('is the fourth with a password and a software token, which is asked for although SMS is preferred', async () => {
    const { clientId, secret } = await withTotp()
    const begun = await begin(clientId, { TARGET_ACR_VALUES: loa(4) })
    expect(begun.AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD'])
    const asked = await byPassword(clientId, begun.Session)
    expect(asked.ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
    expect(levelIn(await byTotp(clientId, secret, asked.Session))).toEqual({
      acr: loa(4),
      amr: ['pwd', 'otp', 'mfa'],
    })
  })

  it('is the third with a passkey', async () => {
    const { poolId, clientId } = await makePool(firstFactors('WEB_AUTHN'), userAuth)
    await region.client.send(
      new SetUserPoolMfaConfigCommand({
        UserPoolId: poolId,
        WebAuthnConfiguration: { RelyingPartyId: 'example.com' },
      }),
    )
    await makeUser(poolId, 'ana')
    const authenticator = createAuthenticator()
    const AccessToken = await accessTokenOf(clientId, 'ana')
    const { CredentialCreationOptions } = await region.client.send(
      new StartWebAuthnRegistrationCommand({ AccessToken }),
    )
    const origin = 'https://login.example.com'
    const credential = authenticator.create(CredentialCreationOptions as never, { origin })
    await region.client.send(
      new CompleteWebAuthnRegistrationCommand({ AccessToken, Credential: credential as never }),
    )
    const begun = await begin(clientId, { TARGET_ACR_VALUES: loa(4, 3), PREFERRED_CHALLENGE: 'WEB_AUTHN' })
    expect(begun.ChallengeName).toBe('WEB_AUTHN')
    const options = begun.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS
    const done = await answer(clientId, 'WEB_AUTHN', begun.Session, {
      USERNAME: 'ana',
      CREDENTIAL: authenticator.get(options, { origin }),
    })
    expect(levelIn(done)).toEqual({ acr: loa(3), amr: ['swk'] })
  })

  it('stays what it was when tokens are refreshed', async () => {
    const { clientId } = await passwordless()
    const { Session } = await begin(clientId, { TARGET_ACR_VALUES: loa(1) })
    const { AuthenticationResult } = await byPassword(clientId, Session)
    region.pass(60_000)
    const refreshed = await region.client.send(
      new GetTokensFromRefreshTokenCommand({
        ClientId: clientId,
        RefreshToken: AuthenticationResult?.RefreshToken,
      }),
    )
    expect(levelIn(refreshed)).toEqual({ acr: loa(1), amr: ['pwd'] })
  })

  it('is the highest of those asked for that the user can reach', async () => {
    const { clientId } = await passwordless()
    const begun = await begin(clientId, { TARGET_ACR_VALUES: `${loa(4, 3)} urn:x ${loa(2, 1)}` })
    expect(begun.AvailableChallenges).toEqual(['EMAIL_OTP', 'SMS_OTP'])
  })

  it('is never under the second factor that a pool wants', async () => {
    const { clientId, poolId } = await makeMfaPool('ON', everyFactor, {}, userAuth)
    await makeUser(poolId, 'ana', { phone_number: addresses.phone_number })
    const { Session } = await begin(clientId, { TARGET_ACR_VALUES: loa(1) })
    const asked = await byPassword(clientId, Session)
    expect(asked.ChallengeName).toBe('SMS_MFA')
    const done = await answer(clientId, 'SMS_MFA', asked.Session, {
      USERNAME: 'ana',
      SMS_MFA_CODE: lastCode(),
    })
    expect(levelIn(done)).toEqual({ acr: loa(3), amr: ['pwd', 'sms', 'mfa'] })
  })
})

describe('a step up', () => {
  /** Tokens of the third level, of a user who has a software token as well. */
  const atThird = async () => {
    const made = await withTotp()
    const begun = await begin(made.clientId, { TARGET_ACR_VALUES: loa(3), PREFERRED_CHALLENGE: 'PASSWORD' })
    const asked = await answer(made.clientId, 'PASSWORD', begun.Session, {
      USERNAME: 'ana',
      PASSWORD: password,
    })
    const { AuthenticationResult } = await answer(made.clientId, 'SMS_MFA', asked.Session, {
      USERNAME: 'ana',
      SMS_MFA_CODE: lastCode(),
    })
    return { ...made, ACCESS_TOKEN: AuthenticationResult?.AccessToken ?? '' }
  }

  it('asks for what the access token lacks only, and gives tokens of a new sign-in', async () => {
    const { clientId, secret, ACCESS_TOKEN } = await atThird()
    region.pass(60_000)
    const asked = await begin(clientId, { TARGET_ACR_VALUES: loa(4), ACCESS_TOKEN, MAX_AGE: '300' })
    expect(asked.ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
    const done = await byTotp(clientId, secret, asked.Session)
    expect(levelIn(done)).toEqual({ acr: loa(4), amr: ['pwd', 'sms', 'otp', 'mfa'] })
    const [before, after] = [ACCESS_TOKEN, done.AuthenticationResult?.AccessToken].map(claimsOf)
    expect(after?.auth_time).toBeGreaterThan(Number(before?.auth_time) + 59)
    expect(done.AuthenticationResult?.RefreshToken).toBeDefined()
  })

  it('starts from scratch when the token’s sign-in is older than MAX_AGE', async () => {
    const { clientId, ACCESS_TOKEN } = await atThird()
    region.pass(60_000)
    const begun = await begin(clientId, { TARGET_ACR_VALUES: loa(4), ACCESS_TOKEN, MAX_AGE: '30' })
    expect(begun).toMatchObject({
      ChallengeName: 'SELECT_CHALLENGE',
      AvailableChallenges: ['PASSWORD_SRP', 'PASSWORD'],
    })
    expect((await byPassword(clientId, begun.Session)).ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
  })

  it('starts from scratch with a token that says nothing of its sign-in', async () => {
    const { clientId } = await passwordless()
    const { AccessToken: ACCESS_TOKEN = '' } = await plainSignIn(clientId)
    const begun = await begin(clientId, { TARGET_ACR_VALUES: loa(1), ACCESS_TOKEN })
    expect(begun.AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD'])
  })

  it('is refused to a token that is of the level already, or higher', async () => {
    const { clientId, ACCESS_TOKEN } = await atThird()
    for (const target of [loa(3), loa(1)])
      await expect(begin(clientId, { TARGET_ACR_VALUES: target, ACCESS_TOKEN })).rejects.toEqual(
        refusal('InvalidParameterException', /requested authentication level already/),
      )
  })

  it('is refused to tokens of another user or client, revoked ones, and what is no token', async () => {
    const { clientId, poolId, ACCESS_TOKEN } = await atThird()
    await makeUser(poolId, 'bea', addresses)
    const target = { TARGET_ACR_VALUES: loa(1) }
    const another = refusal('NotAuthorizedException', /not issued for this user and client/)
    await expect(begin(clientId, { ...target, ACCESS_TOKEN, USERNAME: 'bea' })).rejects.toEqual(another)
    const other = await makeClient(poolId, userAuth)
    await expect(begin(other.ClientId ?? '', { ...target, ACCESS_TOKEN })).rejects.toEqual(another)
    await expect(begin(clientId, { ...target, ACCESS_TOKEN: 'x' })).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid Access Token'),
    )
    const begun = await begin(clientId, target)
    const asked = await byPassword(clientId, begun.Session)
    const { AuthenticationResult } = await answer(clientId, 'SMS_MFA', asked.Session, {
      USERNAME: 'ana',
      SMS_MFA_CODE: lastCode(),
    })
    await region.client.send(
      new RevokeTokenCommand({ ClientId: clientId, Token: AuthenticationResult?.RefreshToken }),
    )
    await expect(
      begin(clientId, { ...target, ACCESS_TOKEN: AuthenticationResult?.AccessToken ?? '' }),
    ).rejects.toEqual(refusal('NotAuthorizedException', 'Access Token has been revoked'))
  })

  it('gives no tokens without a factor, although a level’s name was changed and the token’s is known no more', async () => {
    const { poolId, clientId, ACCESS_TOKEN } = await atThird()
    await region.client.send(
      new UpdateUserPoolCommand({
        UserPoolId: poolId,
        MfaConfiguration: 'OPTIONAL',
        AcrConfiguration: { Level3: { AcrValue: 'urn:own:3' } },
      }),
    )
    const begun = await begin(clientId, { TARGET_ACR_VALUES: 'urn:own:3', ACCESS_TOKEN })
    expect(begun.ChallengeName).toBe('SELECT_CHALLENGE')
    const asked = await begin(clientId, { TARGET_ACR_VALUES: loa(4), ACCESS_TOKEN })
    expect(asked.ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
  })

  it('works at a secondary', async () => {
    const { poolId, clientId, secret, ACCESS_TOKEN } = await atThird()
    await copyPool(poolId, region, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE' })
    secondary.pass(region.runtime.clock.now() - secondary.runtime.clock.now())
    const asked = await begin(clientId, { TARGET_ACR_VALUES: loa(4), ACCESS_TOKEN }, secondary.client)
    const done = await answer(
      clientId,
      'SOFTWARE_TOKEN_MFA',
      asked.Session,
      { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: totp(secret) },
      secondary.client,
    )
    expect(levelIn(done).acr).toBe(loa(4))
  })
})

describe('parameters', () => {
  it.each([
    [{ TARGET_ACR_VALUES: 'urn:x' }, 'InvalidParameterException', 'TARGET_ACR_VALUES has no valid value.'],
    [{ TARGET_ACR_VALUES: '' }, 'InvalidParameterException', 'TARGET_ACR_VALUES has no valid value.'],
    [{ ACCESS_TOKEN: 'x' }, 'InvalidParameterException', 'ACCESS_TOKEN needs TARGET_ACR_VALUES.'],
    [{ MAX_AGE: '-1' }, 'InvalidParameterException', 'MAX_AGE must be a non-negative integer.'],
    [{ MAX_AGE: '99999999999' }, 'InvalidParameterException', 'MAX_AGE must be a non-negative integer.'],
    [
      { TARGET_ACR_VALUES: loa(4, 3) },
      'NotAuthorizedException',
      'User has no factors for any of the requested authentication levels.',
    ],
  ] as const)('%o are refused', async (parameters, code, message) => {
    const { clientId } = await passwordless()
    await expect(begin(clientId, parameters)).rejects.toEqual(refusal(code, message))
  })

  it('tell nobody from somebody without second factors', async () => {
    const { poolId, clientId } = await makePool({}, { ...userAuth, PreventUserExistenceErrors: 'ENABLED' })
    await makeUser(poolId, 'ana', addresses)
    for (const USERNAME of ['ana', 'nobody']) {
      await expect(begin(clientId, { USERNAME, TARGET_ACR_VALUES: loa(4) })).rejects.toEqual(
        refusal('NotAuthorizedException', /no factors/),
      )
      const begun = await begin(clientId, { USERNAME, TARGET_ACR_VALUES: loa(4, 1) })
      expect(begun.AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD'])
    }
  })

  it('are of no use in a pool of the LITE plan', async () => {
    const { poolId, clientId } = await makePool({}, userAuth)
    await makeUser(poolId, 'ana')
    await region.client.send(new UpdateUserPoolCommand({ UserPoolId: poolId, UserPoolTier: 'LITE' }))
    await expect(begin(clientId, { TARGET_ACR_VALUES: loa(1) })).rejects.toEqual(
      refusal('FeatureUnavailableInTierException'),
    )
  })
})

describe('AcrConfiguration', () => {
  const own = { Level1: { AcrValue: 'urn:own:1' } }

  it('names levels, is answered with those that it leaves, and makes every sign-in say its level', async () => {
    const { poolId, clientId } = await makePool({ AcrConfiguration: own })
    const { UserPool } = await region.client.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
    expect(UserPool?.AcrConfiguration).toEqual({
      Level1: { AcrValue: 'urn:own:1' },
      Level2: { AcrValue: loa(2) },
      Level3: { AcrValue: loa(3) },
      Level4: { AcrValue: loa(4) },
    })
    await makeUser(poolId, 'ana')
    expect(levelIn({ AuthenticationResult: await plainSignIn(clientId) })).toEqual({
      acr: 'urn:own:1',
      amr: ['pwd'],
    })
  })

  it.each([
    [{ Level5: { AcrValue: 'urn:own:5' } }, {}, 'InvalidParameterException'],
    [{ ...own, Level2: { AcrValue: 'urn:own:1' } }, {}, 'InvalidParameterException'],
    [{ Level1: { AcrValue: loa(4) } }, {}, 'InvalidParameterException'],
    [{ Level1: { AcrValue: 'two words' } }, {}, 'InvalidParameterException'],
    [own, { UserPoolTier: 'LITE' as const }, 'FeatureUnavailableInTierException'],
  ])('%o is refused', async (AcrConfiguration, settings, code) => {
    await expect(
      region.client.send(new CreateUserPoolCommand({ PoolName: 'p', AcrConfiguration, ...settings })),
    ).rejects.toEqual(refusal(code))
  })
})
