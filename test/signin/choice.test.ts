// Choice-based sign-in (USER_AUTH) through the AWS SDK: what is offered to whom, and where each choice leads.
import {
  AdminCreateUserCommand,
  AdminGetUserAuthFactorsCommand,
  AdminInitiateAuthCommand,
  AdminSetUserMFAPreferenceCommand,
  AdminUpdateUserAttributesCommand,
  type ChallengeNameType,
  ConfirmSignUpCommand,
  GetUserAuthFactorsCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  SignUpCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { mfaStepsOf } from '../support/mfa-steps.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { flows, password, refusal } from '../support/signin-steps.ts'
import { newSrpClient } from '../support/srp-client.ts'

const regionKey = systemRandom.bytes(32)
const region = await startSigninRegion({ regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const { makePool, makeMfaPool, makeUser, answer, answerSrp, lastCode, accessTokenOf } = mfaStepsOf(region)
afterAll(() => Promise.all([region.close(), secondary.close()]))

const userAuth = { ExplicitAuthFlows: [...flows, 'ALLOW_USER_AUTH' as const] }
const passwordless = {
  Policies: {
    SignInPolicy: {
      AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const, 'SMS_OTP' as const],
    },
  },
  AutoVerifiedAttributes: ['email' as const],
}
const verified = {
  email: 'ana@example.com',
  email_verified: 'true',
  phone_number: '+15550104333',
  phone_number_verified: 'true',
}
const choose = (
  ClientId: string,
  AuthParameters: Record<string, string>,
  Session?: string,
  client = region.client,
) => client.send(new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_AUTH', AuthParameters, Session }))

/** A pool with every first factor but passkeys, and ana, who has all of them. */
const withAna = async (clientSettings: Parameters<typeof makePool>[1] = {}) => {
  const made = await makePool(passwordless, { ...userAuth, ...clientSettings })
  await makeUser(made.poolId, 'ana', verified)
  return made
}

describe('the choice', () => {
  it('is of the factors that the user has and the pool allows', async () => {
    const { poolId, clientId } = await withAna()
    const begun = await choose(clientId, { USERNAME: 'ana' })
    expect(begun).toMatchObject({
      ChallengeName: 'SELECT_CHALLENGE',
      AvailableChallenges: ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP'],
    })
    await makeUser(poolId, 'bea', { email: 'bea@example.com' })
    expect((await choose(clientId, { USERNAME: 'bea' })).AvailableChallenges).toEqual([
      'PASSWORD_SRP',
      'PASSWORD',
    ])
    const byAdmin = await region.client.send(
      new AdminInitiateAuthCommand({
        UserPoolId: poolId,
        ClientId: clientId,
        AuthFlow: 'USER_AUTH',
        AuthParameters: { USERNAME: 'ana' },
      }),
    )
    expect(byAdmin.ChallengeName).toBe('SELECT_CHALLENGE')
  })

  it('leads to tokens by password, with the choice or after it', async () => {
    const { clientId } = await withAna()
    const select = async (responses: Record<string, string>) => {
      const { Session } = await choose(clientId, { USERNAME: 'ana' })
      return answer(clientId, 'SELECT_CHALLENGE', Session, { USERNAME: 'ana', ...responses })
    }
    const atOnce = await select({ ANSWER: 'PASSWORD', PASSWORD: password })
    expect(atOnce.AuthenticationResult?.RefreshToken).toBeDefined()
    const asked = await select({ ANSWER: 'PASSWORD' })
    expect(asked.ChallengeName).toBe('PASSWORD')
    const responses = { USERNAME: 'ana', PASSWORD: password }
    const done = await answer(clientId, 'PASSWORD', asked.Session, responses)
    expect(done.AuthenticationResult?.AccessToken).toBeDefined()
    await expect(select({ ANSWER: 'PASSWORD', PASSWORD: 'wrong' })).rejects.toEqual(
      refusal('NotAuthorizedException', 'Incorrect username or password.'),
    )
    const preferred = await choose(clientId, { ...responses, PREFERRED_CHALLENGE: 'PASSWORD' })
    expect(preferred.AuthenticationResult?.AccessToken).toBeDefined()
  })

  it('leads to tokens by SRP, with the choice or after it', async () => {
    const { poolId, clientId } = await withAna()
    const srp = newSrpClient(poolId)
    const withA = { USERNAME: 'ana', SRP_A: srp.clientPublic }
    const finish = async (begun: {
      ChallengeName?: string
      ChallengeParameters?: Record<string, string>
    }) => {
      expect(begun.ChallengeName).toBe('PASSWORD_VERIFIER')
      return answerSrp({ srp, parameters: begun.ChallengeParameters ?? {} }, clientId)
    }
    const { Session } = await choose(clientId, { USERNAME: 'ana' })
    const chosen = await answer(clientId, 'SELECT_CHALLENGE', Session, { ...withA, ANSWER: 'PASSWORD_SRP' })
    expect((await finish(chosen)).AuthenticationResult?.AccessToken).toBeDefined()
    const asked = await choose(clientId, { USERNAME: 'ana', PREFERRED_CHALLENGE: 'PASSWORD_SRP' })
    expect(asked.ChallengeName).toBe('PASSWORD_SRP')
    const after = await answer(clientId, 'PASSWORD_SRP', asked.Session, withA)
    expect((await finish(after)).AuthenticationResult?.AccessToken).toBeDefined()
  })

  it.each([
    ['EMAIL_OTP', 'EMAIL_OTP_CODE', 'a***@e***'],
    ['SMS_OTP', 'SMS_OTP_CODE', '+*******4333'],
  ] as const)(
    'leads to tokens by %s: a code of eight digits that is good once',
    async (challenge, name, to) => {
      const { clientId } = await withAna()
      const { Session } = await choose(clientId, { USERNAME: 'ana' })
      for (const begin of [
        () => answer(clientId, 'SELECT_CHALLENGE', Session, { USERNAME: 'ana', ANSWER: challenge }),
        () => choose(clientId, { USERNAME: 'ana', PREFERRED_CHALLENGE: challenge }),
      ]) {
        const begun = await begin()
        expect(begun).toMatchObject({
          ChallengeName: challenge,
          ChallengeParameters: { CODE_DELIVERY_DESTINATION: to },
        })
        const code = lastCode()
        expect(code).toMatch(/^\d{8}$/)
        await expect(
          answer(clientId, challenge, begun.Session, {
            USERNAME: 'ana',
            [name]: code === '00000000' ? '1' : '00000000',
          }),
        ).rejects.toEqual(refusal('CodeMismatchException', 'Invalid code or auth state for the user.'))
        const done = await answer(clientId, challenge, begun.Session, { USERNAME: 'ana', [name]: code })
        expect(done.AuthenticationResult?.AccessToken).toBeDefined()
        await expect(
          answer(clientId, challenge, begun.Session, { USERNAME: 'ana', [name]: code }),
        ).rejects.toEqual(refusal('NotAuthorizedException'))
      }
    },
  )

  it('takes no answer that was not offered, and no session of another step', async () => {
    const { poolId, clientId } = await withAna()
    await makeUser(poolId, 'bea')
    const { Session } = await choose(clientId, { USERNAME: 'bea' })
    const select = (responses: Record<string, string>) =>
      answer(clientId, 'SELECT_CHALLENGE', Session, responses)
    await expect(select({ USERNAME: 'bea', ANSWER: 'EMAIL_OTP' })).rejects.toEqual(
      refusal('InvalidParameterException'),
    )
    await expect(select({ USERNAME: 'ana', ANSWER: 'PASSWORD', PASSWORD: password })).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid session for the user.'),
    )
    for (const challenge of ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] satisfies ChallengeNameType[])
      await expect(
        answer(clientId, challenge, Session, {
          USERNAME: 'bea',
          PASSWORD: password,
          EMAIL_OTP_CODE: '1',
          SMS_OTP_CODE: '1',
        }),
      ).rejects.toEqual(refusal('NotAuthorizedException', 'Invalid session for the user.'))
    await expect(choose(clientId, { USERNAME: 'bea', PREFERRED_CHALLENGE: 'MAGIC' })).rejects.toEqual(
      refusal('InvalidParameterException'),
    )
    const other = await choose(clientId, { USERNAME: 'bea', PREFERRED_CHALLENGE: 'SMS_OTP' })
    expect(other.ChallengeName).toBe('SELECT_CHALLENGE')
  })

  it('is only for clients that allow it and for plans that have it', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    await expect(choose(clientId, { USERNAME: 'ana' })).rejects.toEqual(
      refusal('InvalidParameterException', 'USER_AUTH is not enabled for the client.'),
    )
    const later = await makePool({}, userAuth)
    await region.client.send(new UpdateUserPoolCommand({ UserPoolId: later.poolId, UserPoolTier: 'LITE' }))
    await expect(choose(later.clientId, { USERNAME: 'ana' })).rejects.toEqual(
      refusal('FeatureUnavailableInTierException'),
    )
  })

  it('offers neither codes to users who need a second factor, nor tokens without it', async () => {
    const { poolId, clientId } = await makeMfaPool('OPTIONAL', undefined, passwordless, userAuth)
    await makeUser(poolId, 'ana', verified)
    await region.client.send(
      new AdminSetUserMFAPreferenceCommand({
        UserPoolId: poolId,
        Username: 'ana',
        EmailMfaSettings: { Enabled: true },
      }),
    )
    const begun = await choose(clientId, { USERNAME: 'ana' })
    expect(begun.AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD'])
    const next = await answer(clientId, 'SELECT_CHALLENGE', begun.Session, {
      USERNAME: 'ana',
      ANSWER: 'PASSWORD',
      PASSWORD: password,
    })
    expect(next.ChallengeName).toBe('EMAIL_OTP')
    expect(next.AuthenticationResult).toBeUndefined()
  })
})

describe('a name of nobody', () => {
  it('is told as such to a client on LEGACY', async () => {
    const { clientId } = await withAna({ PreventUserExistenceErrors: 'LEGACY' })
    await expect(choose(clientId, { USERNAME: 'nobody' })).rejects.toEqual(refusal('UserNotFoundException'))
  })

  it('is offered factors as if it were somebody’s by a client that hides it, and no code of it is right', async () => {
    const { clientId } = await withAna({ PreventUserExistenceErrors: 'ENABLED' })
    const ana = await choose(clientId, { USERNAME: 'ana' })
    expect(ana.AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP'])
    const seen = new Map<string, string>()
    for (let index = 0; seen.size < 4; index += 1) {
      const name = `nobody${index}`
      const first = await choose(clientId, { USERNAME: name })
      const second = await choose(clientId, { USERNAME: name })
      expect(second.AvailableChallenges).toEqual(first.AvailableChallenges)
      expect(first.Session).toHaveLength(ana.Session?.length ?? 0)
      seen.set(String(first.AvailableChallenges), name)
    }
    const passwords = 'PASSWORD_SRP,PASSWORD'
    const codes = ['', ',EMAIL_OTP', ',EMAIL_OTP,SMS_OTP', ',SMS_OTP']
    expect([...seen.keys()].sort()).toEqual(codes.map((offered) => passwords + offered))
    const texted = seen.get(`${passwords},SMS_OTP`) ?? ''
    const bySms = await choose(clientId, { USERNAME: texted, PREFERRED_CHALLENGE: 'SMS_OTP' })
    expect(bySms.ChallengeParameters?.CODE_DELIVERY_DESTINATION).toMatch(/^\+\*+\d{4}$/)
    const nobody = seen.get(`${passwords},EMAIL_OTP`) ?? ''
    const begun = await choose(clientId, { USERNAME: nobody })
    const sentBefore = region.sent.length
    const asked = await answer(clientId, 'SELECT_CHALLENGE', begun.Session, {
      USERNAME: nobody,
      ANSWER: 'EMAIL_OTP',
    })
    expect(asked.ChallengeName).toBe('EMAIL_OTP')
    expect(asked.ChallengeParameters?.CODE_DELIVERY_DESTINATION).toMatch(/^.\*\*\*@.\*\*\*$/)
    expect(region.sent).toHaveLength(sentBefore)
    const guess = () =>
      answer(clientId, 'EMAIL_OTP', asked.Session, { USERNAME: nobody, EMAIL_OTP_CODE: '12345678' })
    for (let failure = 0; failure < 5; failure += 1)
      await expect(guess()).rejects.toEqual(refusal('CodeMismatchException'))
    await expect(guess()).rejects.toEqual(refusal('NotAuthorizedException', 'Password attempts exceeded'))
  })
})

describe('after a sign-up', () => {
  const signUp = async (clientId: string, Username: string) => {
    const made = await region.client.send(
      new SignUpCommand({
        ClientId: clientId,
        Username,
        UserAttributes: [{ Name: 'email', Value: `${Username}@example.com` }],
      }),
    )
    const ConfirmationCode = lastCode()
    const confirm = (Session?: string) =>
      region.client.send(
        new ConfirmSignUpCommand({ ClientId: clientId, Username, ConfirmationCode, Session }),
      )
    return { made, confirm }
  }

  it('its session signs the user in, once confirmed, in this client only', async () => {
    const { poolId, clientId } = await withAna()
    const { made, confirm } = await signUp(clientId, 'new')
    expect(made.Session).toBeDefined()
    await expect(choose(clientId, { USERNAME: 'new' }, made.Session)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid session for the user.'),
    )
    const confirmed = await confirm(made.Session)
    expect(confirmed.Session).toBeDefined()
    await expect(choose(clientId, { USERNAME: 'ana' }, confirmed.Session)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid session for the user.'),
    )
    const done = await choose(clientId, { USERNAME: 'new' }, confirmed.Session)
    expect(done.AuthenticationResult?.AccessToken).toBeDefined()
    const factors = await region.client.send(
      new AdminGetUserAuthFactorsCommand({ UserPoolId: poolId, Username: 'new' }),
    )
    expect(factors).toMatchObject({ Username: 'new', ConfiguredUserAuthFactors: ['EMAIL_OTP'] })
  })

  it('whoever confirms without the session of the sign-up gets none', async () => {
    const { clientId } = await withAna()
    const { confirm } = await signUp(clientId, 'new')
    expect((await confirm()).Session).toBeUndefined()
  })

  it('a user without password who is not confirmed is told so', async () => {
    const { clientId } = await withAna()
    await signUp(clientId, 'new')
    await expect(choose(clientId, { USERNAME: 'new' })).rejects.toEqual(refusal('UserNotConfirmedException'))
  })
})

describe('the factors of a user', () => {
  it('are shown to the user and to administrators', async () => {
    const { poolId, clientId } = await withAna()
    const about = { UserPoolId: poolId, Username: 'ana' }
    const AccessToken = await accessTokenOf(clientId, 'ana')
    const expected = { Username: 'ana', ConfiguredUserAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] }
    expect(await region.client.send(new GetUserAuthFactorsCommand({ AccessToken }))).toMatchObject(expected)
    expect(await region.client.send(new AdminGetUserAuthFactorsCommand(about))).toMatchObject(expected)
    await region.client.send(
      new AdminUpdateUserAttributesCommand({
        ...about,
        UserAttributes: [{ Name: 'email_verified', Value: 'false' }],
      }),
    )
    expect(await region.client.send(new AdminGetUserAuthFactorsCommand(about))).toMatchObject({
      ConfiguredUserAuthFactors: ['PASSWORD', 'SMS_OTP'],
    })
    await expect(
      region.client.send(new AdminGetUserAuthFactorsCommand({ ...about, Username: 'nobody' })),
    ).rejects.toEqual(refusal('UserNotFoundException'))
    await expect(
      region.client.send(new GetUserAuthFactorsCommand({ AccessToken: 'not.a.token' })),
    ).rejects.toEqual(refusal('NotAuthorizedException'))
  })
})

describe('an ACTIVE secondary', () => {
  it('offers the choice, sends codes and signs in', async () => {
    const { poolId, clientId } = await withAna()
    await region.client.send(
      new AdminCreateUserCommand({ UserPoolId: poolId, Username: 'temp', TemporaryPassword: password }),
    )
    await copyPool(poolId, region, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE' })
    const begun = await choose(
      clientId,
      { USERNAME: 'ana', PREFERRED_CHALLENGE: 'EMAIL_OTP' },
      undefined,
      secondary.client,
    )
    const done = await secondary.client.send(
      new RespondToAuthChallengeCommand({
        ClientId: clientId,
        ChallengeName: 'EMAIL_OTP',
        Session: begun.Session,
        ChallengeResponses: { USERNAME: 'ana', EMAIL_OTP_CODE: secondary.sent.at(-1)?.code ?? '' },
      }),
    )
    expect(done.AuthenticationResult?.AccessToken).toBeDefined()
    await expect(
      choose(
        clientId,
        { USERNAME: 'temp', PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: password },
        undefined,
        secondary.client,
      ),
    ).rejects.toEqual(refusal('OperationNotEnabledException', /needs a new password to be set/))
  })
})
