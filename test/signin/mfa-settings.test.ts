// What a pool's MFA setting and a user's preferences come to: nothing, a factor, a choice, or setting one up; and what a secondary does.
import {
  AdminDeleteSoftwareTokenCommand,
  AdminGetUserCommand,
  AdminSetUserMFAPreferenceCommand,
  AdminSetUserPasswordCommand,
  AdminSetUserSettingsCommand,
  AssociateSoftwareTokenCommand,
  GetUserCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  SetUserSettingsCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { mfaStepsOf } from '../support/mfa-steps.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { password, refusal } from '../support/signin-steps.ts'

const regionKey = systemRandom.bytes(32)
const region = await startSigninRegion({ regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const { makeMfaPool, makeUser, signIn, answer, accessTokenOf, setPreference, setUpTotp, totp, lastCode } =
  mfaStepsOf(region)
afterAll(() => Promise.all([region.close(), secondary.close()]))

const phone = { phone_number: '+15550104333' }
const email = { email: 'ana@example.com' }
const adminGetUser = (UserPoolId: string, Username: string) =>
  region.client.send(new AdminGetUserCommand({ UserPoolId, Username }))

describe('a pool with MFA', () => {
  it('OFF asks nobody, whatever users have', async () => {
    const { poolId, clientId } = await makeMfaPool('OFF', {})
    await makeUser(poolId, 'ana', { ...phone, ...email })
    expect((await signIn(clientId, 'ana')).AuthenticationResult).toBeDefined()
    await expect(
      setPreference(await accessTokenOf(clientId, 'ana'), { SMSMfaSettings: { Enabled: true } }),
    ).rejects.toEqual(refusal('InvalidParameterException', 'SMS_MFA is not enabled for the user pool.'))
    await expect(
      region.client.send(
        new AdminSetUserMFAPreferenceCommand({
          UserPoolId: poolId,
          Username: 'ana',
          SoftwareTokenMfaSettings: { Enabled: true },
        }),
      ),
    ).rejects.toEqual(
      refusal(
        'InvalidParameterException',
        'User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA',
      ),
    )
  })

  it('OPTIONAL asks those who turned a factor on', async () => {
    const { poolId, clientId } = await makeMfaPool('OPTIONAL')
    await makeUser(poolId, 'ana', { ...phone, ...email })
    expect((await signIn(clientId, 'ana')).AuthenticationResult).toBeDefined()
  })

  it('ON asks everybody who can be asked, without their turning it on', async () => {
    const { poolId, clientId } = await makeMfaPool('ON')
    await makeUser(poolId, 'ana', phone)
    expect((await signIn(clientId, 'ana')).ChallengeName).toBe('SMS_MFA')
    await makeUser(poolId, 'bea', email)
    expect((await signIn(clientId, 'bea')).ChallengeName).toBe('EMAIL_OTP')
  })

  it('lets a user with several factors choose, and goes straight to a preferred one', async () => {
    const { poolId, clientId } = await makeMfaPool('ON')
    await makeUser(poolId, 'ana', { ...phone, ...email })
    const begun = await signIn(clientId, 'ana')
    expect(begun.ChallengeName).toBe('SELECT_MFA_TYPE')
    expect(JSON.parse(begun.ChallengeParameters?.MFAS_CAN_CHOOSE ?? '')).toEqual(['SMS_MFA', 'EMAIL_OTP'])
    await expect(
      answer(clientId, 'SELECT_MFA_TYPE', begun.Session, { USERNAME: 'ana', ANSWER: 'SOFTWARE_TOKEN_MFA' }),
    ).rejects.toEqual(refusal('InvalidParameterException'))
    const chosen = await answer(clientId, 'SELECT_MFA_TYPE', begun.Session, {
      USERNAME: 'ana',
      ANSWER: 'EMAIL_OTP',
    })
    expect(chosen.ChallengeName).toBe('EMAIL_OTP')
    const done = await answer(clientId, 'EMAIL_OTP', chosen.Session, {
      USERNAME: 'ana',
      EMAIL_OTP_CODE: lastCode(),
    })
    await setPreference(done.AuthenticationResult?.AccessToken ?? '', {
      SMSMfaSettings: { Enabled: true, PreferredMfa: true },
      EmailMfaSettings: { Enabled: true },
    })
    expect((await signIn(clientId, 'ana')).ChallengeName).toBe('SMS_MFA')
  })
})

describe('setting a factor up during a sign-in', () => {
  it('with a software token ends in tokens, and the token is asked for from then on', async () => {
    const { poolId, clientId } = await makeMfaPool('ON', { SoftwareTokenMfaConfiguration: { Enabled: true } })
    await makeUser(poolId, 'ana', phone)
    const begun = await signIn(clientId, 'ana')
    expect(begun.ChallengeName).toBe('MFA_SETUP')
    expect(JSON.parse(begun.ChallengeParameters?.MFAS_CAN_SETUP ?? '')).toEqual(['SOFTWARE_TOKEN_MFA'])
    await expect(answer(clientId, 'MFA_SETUP', begun.Session, { USERNAME: 'ana' })).rejects.toEqual(
      refusal('InvalidParameterException'),
    )
    const { SecretCode, Session } = await region.client.send(
      new AssociateSoftwareTokenCommand({ Session: begun.Session }),
    )
    await expect(
      region.client.send(new VerifySoftwareTokenCommand({ Session, UserCode: totp(SecretCode, 50) })),
    ).rejects.toEqual(refusal('EnableSoftwareTokenMFAException'))
    const verified = await region.client.send(
      new VerifySoftwareTokenCommand({ Session, UserCode: totp(SecretCode) }),
    )
    expect(verified.Status).toBe('SUCCESS')
    const done = await answer(clientId, 'MFA_SETUP', verified.Session, { USERNAME: 'ana' })
    expect(done.AuthenticationResult?.AccessToken).toBeDefined()
    expect(await adminGetUser(poolId, 'ana')).toMatchObject({
      UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
      PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
    })
    expect((await signIn(clientId, 'ana')).ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
  })

  it('with an e-mail address or a phone number proves it by a code and keeps it', async () => {
    const { poolId, clientId } = await makeMfaPool('ON')
    for (const [name, given, factor, code, attribute] of [
      ['ana', { EMAIL: 'ana@example.com' }, 'EMAIL_OTP', 'EMAIL_OTP_CODE', 'email'],
      ['bea', { PHONE_NUMBER: '+15550104333' }, 'SMS_MFA', 'SMS_MFA_CODE', 'phone_number'],
    ] as const) {
      await makeUser(poolId, name)
      const begun = await signIn(clientId, name)
      await expect(
        answer(clientId, 'MFA_SETUP', begun.Session, { USERNAME: name, EMAIL: 'not an address' }),
      ).rejects.toEqual(refusal('InvalidParameterException', 'Invalid email address format.'))
      const asked = await answer(clientId, 'MFA_SETUP', begun.Session, { USERNAME: name, ...given })
      expect(asked.ChallengeName).toBe(factor)
      const done = await answer(clientId, factor, asked.Session, { USERNAME: name, [code]: lastCode() })
      expect(done.AuthenticationResult?.AccessToken).toBeDefined()
      const user = await adminGetUser(poolId, name)
      expect(user).toMatchObject({ UserMFASettingList: [factor], PreferredMfaSetting: factor })
      expect(user.UserAttributes).toContainEqual({ Name: attribute, Value: Object.values(given)[0] })
      expect(user.UserAttributes).toContainEqual({ Name: `${attribute}_verified`, Value: 'true' })
    }
  })

  it('is for whoever is first: no other sign-in that began before puts its own factor in the place of the user’s', async () => {
    const { poolId, clientId } = await makeMfaPool('ON', {
      SoftwareTokenMfaConfiguration: { Enabled: true },
      EmailMfaConfiguration: {},
    })
    await makeUser(poolId, 'ana')
    const associate = async (Session: string | undefined) =>
      region.client.send(new AssociateSoftwareTokenCommand({ Session }))
    const verify = async ({ SecretCode, Session }: { SecretCode?: string; Session?: string }) =>
      region.client.send(new VerifySoftwareTokenCommand({ Session, UserCode: totp(SecretCode) }))
    const others = await Promise.all([0, 1, 2].map(() => signIn(clientId, 'ana')))
    const [bare, withSecret, withCode] = [
      others[0]?.Session,
      await associate(others[1]?.Session),
      await answer(clientId, 'MFA_SETUP', others[2]?.Session, {
        USERNAME: 'ana',
        EMAIL: 'mallory@example.org',
      }),
    ]
    const code = lastCode()

    const own = await associate((await signIn(clientId, 'ana')).Session)
    const verified = await verify(own)
    const invalid = refusal('NotAuthorizedException', 'Invalid session for the user.')
    await expect(associate(bare)).rejects.toEqual(invalid)
    await expect(verify(withSecret)).rejects.toEqual(invalid)
    await expect(
      answer(clientId, 'MFA_SETUP', bare, { USERNAME: 'ana', EMAIL: 'mallory@example.org' }),
    ).rejects.toEqual(invalid)
    await expect(
      answer(clientId, 'EMAIL_OTP', withCode.Session, { USERNAME: 'ana', EMAIL_OTP_CODE: code }),
    ).rejects.toEqual(invalid)
    const done = await answer(clientId, 'MFA_SETUP', verified.Session, { USERNAME: 'ana' })
    expect(done.AuthenticationResult).toBeDefined()
    expect(await adminGetUser(poolId, 'ana')).toMatchObject({ UserMFASettingList: ['SOFTWARE_TOKEN_MFA'] })
    expect((await adminGetUser(poolId, 'ana')).UserAttributes?.map(({ Name }) => Name)).toEqual(['sub'])
  })

  it('ends when the user gets another password', async () => {
    const { poolId, clientId } = await makeMfaPool('ON', { SoftwareTokenMfaConfiguration: { Enabled: true } })
    await makeUser(poolId, 'ana')
    const begun = await signIn(clientId, 'ana')
    const given = await region.client.send(new AssociateSoftwareTokenCommand({ Session: begun.Session }))
    await region.client.send(
      new AdminSetUserPasswordCommand({
        UserPoolId: poolId,
        Username: 'ana',
        Password: 'Another-pass-2',
        Permanent: true,
      }),
    )
    const invalid = refusal('NotAuthorizedException', 'Invalid session for the user.')
    await expect(
      region.client.send(new AssociateSoftwareTokenCommand({ Session: begun.Session })),
    ).rejects.toEqual(invalid)
    await expect(
      region.client.send(
        new VerifySoftwareTokenCommand({ Session: given.Session, UserCode: totp(given.SecretCode) }),
      ),
    ).rejects.toEqual(invalid)
    expect((await adminGetUser(poolId, 'ana')).UserMFASettingList).toBeUndefined()
  })

  it('is refused with a session of something else', async () => {
    const { poolId, clientId } = await makeMfaPool('ON')
    await makeUser(poolId, 'ana', phone)
    const { Session } = await signIn(clientId, 'ana')
    const invalid = refusal('NotAuthorizedException', 'Invalid session for the user.')
    await expect(region.client.send(new AssociateSoftwareTokenCommand({ Session }))).rejects.toEqual(invalid)
    await expect(
      region.client.send(new AssociateSoftwareTokenCommand({ Session: 'bm90IGEgc2Vzc2lvbiBhdCBhbGw=' })),
    ).rejects.toEqual(invalid)
    await expect(answer(clientId, 'MFA_SETUP', Session, { USERNAME: 'ana' })).rejects.toEqual(invalid)
  })
})

describe("a user's preferences", () => {
  it('must be of factors that the user has, and one of them preferred at most', async () => {
    const { poolId, clientId } = await makeMfaPool('OPTIONAL')
    await makeUser(poolId, 'ana', email)
    const AccessToken = await accessTokenOf(clientId, 'ana')
    const invalid = (message?: string) => refusal('InvalidParameterException', message)
    await expect(setPreference(AccessToken, { SMSMfaSettings: { Enabled: true } })).rejects.toEqual(
      invalid('User does not have delivery config set to turn on SMS_MFA'),
    )
    const SoftwareTokenMfaSettings = { Enabled: true }
    await expect(setPreference(AccessToken, { SoftwareTokenMfaSettings })).rejects.toEqual(
      invalid('User has not set up software token mfa'),
    )
    await expect(
      region.client.send(
        new AdminSetUserMFAPreferenceCommand({
          UserPoolId: poolId,
          Username: 'ana',
          SoftwareTokenMfaSettings,
        }),
      ),
    ).rejects.toEqual(invalid('User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA'))
    await expect(
      setPreference(AccessToken, { EmailMfaSettings: { Enabled: false, PreferredMfa: true } }),
    ).rejects.toEqual(invalid())
    await expect(
      setPreference(AccessToken, {
        EmailMfaSettings: { Enabled: true, PreferredMfa: true },
        SMSMfaSettings: { Enabled: true, PreferredMfa: true },
      }),
    ).rejects.toEqual(invalid('Only one MFA method can be preferred.'))
    await setPreference(AccessToken, { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
    expect(await adminGetUser(poolId, 'ana')).toMatchObject({ PreferredMfaSetting: 'EMAIL_OTP' })
    await setPreference(AccessToken, { EmailMfaSettings: { Enabled: false } })
    const off = await adminGetUser(poolId, 'ana')
    expect([off.UserMFASettingList, off.PreferredMfaSetting]).toEqual([undefined, undefined])
    await expect(setPreference('not.a.token', {})).rejects.toEqual(refusal('NotAuthorizedException'))
  })

  it('can be set by an administrator, who can also take a software token away', async () => {
    const { poolId, clientId } = await makeMfaPool('OPTIONAL')
    await makeUser(poolId, 'ana', phone)
    await setUpTotp(await accessTokenOf(clientId, 'ana'))
    const about = { UserPoolId: poolId, Username: 'ana' }
    await region.client.send(
      new AdminSetUserMFAPreferenceCommand({
        ...about,
        SMSMfaSettings: { Enabled: true },
        SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
      }),
    )
    expect((await signIn(clientId, 'ana')).ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
    await region.client.send(new AdminDeleteSoftwareTokenCommand(about))
    expect((await signIn(clientId, 'ana')).ChallengeName).toBe('SMS_MFA')
    await expect(
      region.client.send(
        new AdminSetUserMFAPreferenceCommand({ ...about, SoftwareTokenMfaSettings: { Enabled: true } }),
      ),
    ).rejects.toEqual(refusal('InvalidParameterException'))
    for (const Command of [AdminSetUserMFAPreferenceCommand, AdminDeleteSoftwareTokenCommand])
      await expect(region.client.send(new Command({ ...about, Username: 'nobody' }))).rejects.toEqual(
        refusal('UserNotFoundException', 'User does not exist.'),
      )
  })

  it('can be set in the older way, which knows SMS only', async () => {
    const { poolId, clientId } = await makeMfaPool('OPTIONAL')
    await makeUser(poolId, 'ana', phone)
    const AccessToken = await accessTokenOf(clientId, 'ana')
    const sms = [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }] as const
    await region.client.send(new SetUserSettingsCommand({ AccessToken, MFAOptions: [...sms] }))
    expect(await region.client.send(new GetUserCommand({ AccessToken }))).toMatchObject({
      MFAOptions: sms,
      UserMFASettingList: ['SMS_MFA'],
    })
    const about = { UserPoolId: poolId, Username: 'ana' }
    await region.client.send(new AdminSetUserSettingsCommand({ ...about, MFAOptions: [] }))
    expect((await adminGetUser(poolId, 'ana')).MFAOptions).toBeUndefined()
    await expect(
      region.client.send(
        new AdminSetUserSettingsCommand({
          ...about,
          MFAOptions: [{ DeliveryMedium: 'EMAIL', AttributeName: 'email' }],
        }),
      ),
    ).rejects.toEqual(refusal('InvalidParameterException'))
    await expect(
      region.client.send(new AdminSetUserSettingsCommand({ ...about, Username: 'no', MFAOptions: [] })),
    ).rejects.toEqual(refusal('UserNotFoundException'))
    await expect(
      region.client.send(new SetUserSettingsCommand({ AccessToken: 'not.a.token', MFAOptions: [] })),
    ).rejects.toEqual(refusal('NotAuthorizedException'))
  })
})

describe('an ACTIVE secondary', () => {
  const signInThere = (clientId: string, USERNAME: string) =>
    secondary.client.send(
      new InitiateAuthCommand({
        ClientId: clientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME, PASSWORD: password },
      }),
    )

  it('asks for and accepts each kind of factor, a time step once, without a write to replicated data', async () => {
    const { poolId, clientId } = await makeMfaPool('OPTIONAL')
    await makeUser(poolId, 'ana', email)
    await makeUser(poolId, 'bea', phone)
    const secret = await setUpTotp(await accessTokenOf(clientId, 'ana'))
    await setPreference(await accessTokenOf(clientId, 'ana'), { SoftwareTokenMfaSettings: { Enabled: true } })
    await setPreference(await accessTokenOf(clientId, 'bea'), { SMSMfaSettings: { Enabled: true } })
    await copyPool(poolId, region, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE' })
    const before = await secondary.store.range(`${poolId}/users/`, { limit: 100 })
    expect(before.length).toBeGreaterThan(1)
    const answerThere = (
      name: string,
      begun: { Session?: string | undefined; ChallengeName?: string | undefined },
      responses: Record<string, string>,
    ) =>
      secondary.client.send(
        new RespondToAuthChallengeCommand({
          ClientId: clientId,
          ChallengeName: begun.ChallengeName as 'SMS_MFA',
          Session: begun.Session,
          ChallengeResponses: { USERNAME: name, ...responses },
        }),
      )
    const code = { SOFTWARE_TOKEN_MFA_CODE: totp(secret) }
    const done = await answerThere('ana', await signInThere(clientId, 'ana'), code)
    expect(done.AuthenticationResult?.AccessToken).toBeDefined()
    await expect(answerThere('ana', await signInThere(clientId, 'ana'), code)).rejects.toEqual(
      refusal('ExpiredCodeException'),
    )
    const sms = await signInThere(clientId, 'bea')
    expect(sms.ChallengeName).toBe('SMS_MFA')
    const bySms = await answerThere('bea', sms, { SMS_MFA_CODE: secondary.sent.at(-1)?.code ?? '' })
    expect(bySms.AuthenticationResult?.AccessToken).toBeDefined()
    expect(await secondary.store.range(`${poolId}/users/`, { limit: 100 })).toEqual(before)
  })

  it('refuses to set a factor up, and says why', async () => {
    const { poolId, clientId } = await makeMfaPool('ON')
    await makeUser(poolId, 'ana')
    const begun = await signIn(clientId, 'ana')
    expect(begun.ChallengeName).toBe('MFA_SETUP')
    await copyPool(poolId, region, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE' })
    const notThere = refusal('OperationNotEnabledException', /needs a second factor to be set up/)
    await expect(signInThere(clientId, 'ana')).rejects.toEqual(notThere)
    await expect(
      secondary.client.send(
        new RespondToAuthChallengeCommand({
          ClientId: clientId,
          ChallengeName: 'MFA_SETUP',
          Session: begun.Session,
          ChallengeResponses: { USERNAME: 'ana' },
        }),
      ),
    ).rejects.toEqual(notThere)
    const refused = refusal('OperationNotEnabledException')
    const { AccessToken } = { AccessToken: 'a.b.c' }
    await expect(
      secondary.client.send(new AssociateSoftwareTokenCommand({ Session: begun.Session })),
    ).rejects.toEqual(refused)
    await expect(
      secondary.client.send(new VerifySoftwareTokenCommand({ Session: begun.Session, UserCode: '123456' })),
    ).rejects.toEqual(refused)
    await expect(secondary.client.send(new SetUserMFAPreferenceCommand({ AccessToken }))).rejects.toEqual(
      refusal('NotAuthorizedException'),
    )
    for (const command of [
      new AdminSetUserMFAPreferenceCommand({ UserPoolId: poolId, Username: 'ana' }),
      new AdminSetUserSettingsCommand({ UserPoolId: poolId, Username: 'ana', MFAOptions: [] }),
      new AdminDeleteSoftwareTokenCommand({ UserPoolId: poolId, Username: 'ana' }),
    ])
      await expect(secondary.client.send(command as AdminDeleteSoftwareTokenCommand)).rejects.toEqual(refused)
  })
})
