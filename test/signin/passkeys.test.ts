// Passkeys through the AWS SDK with an authenticator in software: registration, sign-in, and what each wrong step is told.
import {
  CompleteWebAuthnRegistrationCommand,
  CreateUserPoolDomainCommand,
  DeleteUserPoolDomainCommand,
  DeleteWebAuthnCredentialCommand,
  GetUserAuthFactorsCommand,
  GetUserPoolMfaConfigCommand,
  InitiateAuthCommand,
  ListWebAuthnCredentialsCommand,
  RespondToAuthChallengeCommand,
  SetUserPoolMfaConfigCommand,
  StartWebAuthnRegistrationCommand,
  type WebAuthnConfigurationType,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { mfaStepsOf } from '../support/mfa-steps.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { flows, refusal } from '../support/signin-steps.ts'
import { createAuthenticator } from '../support/software-authenticator.ts'

const regionKey = systemRandom.bytes(32)
const region = await startSigninRegion({ regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const { makePool, makeClient, makeUser, answer, accessTokenOf } = mfaStepsOf(region)
afterAll(() => Promise.all([region.close(), secondary.close()]))

const origin = 'https://login.example.com'
const userAuth = { ExplicitAuthFlows: [...flows, 'ALLOW_USER_AUTH' as const] }
const withPasskeys = {
  Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'WEB_AUTHN' as const] } },
}
type CreationOptions = Parameters<ReturnType<typeof createAuthenticator>['create']>[0]

const configure = (UserPoolId: string, WebAuthnConfiguration: WebAuthnConfigurationType) =>
  region.client.send(new SetUserPoolMfaConfigCommand({ UserPoolId, WebAuthnConfiguration }))
const start = async (AccessToken: string): Promise<CreationOptions> => {
  const answered = await region.client.send(new StartWebAuthnRegistrationCommand({ AccessToken }))
  return answered.CredentialCreationOptions as unknown as CreationOptions
}
const complete = (AccessToken: string, Credential: object) =>
  region.client.send(
    new CompleteWebAuthnRegistrationCommand({ AccessToken, Credential: Credential as never }),
  )
const list = async (AccessToken: string, more: { MaxResults?: number; NextToken?: string } = {}) =>
  region.client.send(new ListWebAuthnCredentialsCommand({ AccessToken, ...more }))
const choose = (ClientId: string, preferred?: string, client = region.client) =>
  client.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: {
        USERNAME: 'ana',
        ...(preferred === undefined ? {} : { PREFERRED_CHALLENGE: preferred }),
      },
    }),
  )

/** A pool of example.com with ana signed in. */
const withAna = async (configuration: WebAuthnConfigurationType = {}) => {
  const made = await makePool(withPasskeys, userAuth)
  await configure(made.poolId, { RelyingPartyId: 'example.com', ...configuration })
  await makeUser(made.poolId, 'ana')
  const accessToken = await accessTokenOf(made.clientId, 'ana')
  return { ...made, accessToken, authenticator: createAuthenticator() }
}
/** The same, and ana has a passkey. */
const withPasskey = async (configuration: WebAuthnConfigurationType = {}, counter = 0) => {
  const made = await withAna(configuration)
  const credential = made.authenticator.create(await start(made.accessToken), { origin, counter })
  await complete(made.accessToken, credential)
  return { ...made, credential }
}

describe('registering a passkey', () => {
  it('gives the options of the relying party, and keeps what the authenticator made', async () => {
    const { accessToken, authenticator } = await withAna({ UserVerification: 'required' })
    const options = await start(accessToken)
    expect(options).toMatchObject({
      rp: { id: 'example.com' },
      user: { name: 'ana', displayName: 'ana' },
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [],
    })
    const credential = authenticator.create(options, { origin })
    await complete(accessToken, credential)
    const { Credentials } = await list(accessToken)
    expect(Credentials).toEqual([
      {
        CredentialId: credential.id,
        FriendlyCredentialName: 'Passkey',
        RelyingPartyId: 'example.com',
        AuthenticatorAttachment: 'platform',
        AuthenticatorTransports: ['internal', 'hybrid'],
        CreatedAt: expect.any(Date),
      },
    ])
    expect(await start(accessToken)).toMatchObject({
      excludeCredentials: [{ id: credential.id, type: 'public-key', transports: ['internal', 'hybrid'] }],
    })
  })

  it('is refused for another origin, relying party, client, kind of key or challenge, each in its own words', async () => {
    const { poolId, accessToken, authenticator } = await withAna()
    const attempt = async (
      behaviour: Partial<Parameters<typeof authenticator.create>[1]>,
      token = accessToken,
    ) => complete(token, authenticator.create(await start(accessToken), { origin, ...behaviour }))
    for (const [behaviour, name] of [
      [{ origin: 'https://example.org' }, 'WebAuthnOriginNotAllowedException'],
      [{ origin: 'http://example.com' }, 'WebAuthnOriginNotAllowedException'],
      [{ origin: 'https://notexample.com' }, 'WebAuthnOriginNotAllowedException'],
      [{ rpId: 'example.org' }, 'WebAuthnRelyingPartyMismatchException'],
      [{ algorithm: 'EdDSA' }, 'WebAuthnCredentialNotSupportedException'],
      [{ type: 'webauthn.get' }, 'WebAuthnCredentialNotSupportedException'],
      [{ challenge: 'AAAA' }, 'WebAuthnChallengeNotFoundException'],
    ] as const)
      await expect(attempt(behaviour)).rejects.toEqual(refusal(name))
    const other = await makeClient(poolId, userAuth)
    await expect(attempt({}, await accessTokenOf(other.ClientId ?? '', 'ana'))).rejects.toEqual(
      refusal('WebAuthnClientMismatchException'),
    )
    await expect(complete(accessToken, { id: 'x' })).rejects.toEqual(refusal('InvalidParameterException'))
    expect((await list(accessToken)).Credentials).toEqual([])
  })

  it('takes a challenge once, and for five minutes', async () => {
    const { accessToken, authenticator } = await withAna()
    const options = await start(accessToken)
    await complete(accessToken, authenticator.create(options, { origin }))
    const none = refusal('WebAuthnChallengeNotFoundException')
    await expect(complete(accessToken, authenticator.create(options, { origin }))).rejects.toEqual(none)
    const late = await start(accessToken)
    region.pass(5 * 60_000)
    await expect(complete(accessToken, authenticator.create(late, { origin }))).rejects.toEqual(none)
  })

  it('needs passkeys among the first factors, a relying party, and room for one more', async () => {
    const off = await makePool({}, userAuth)
    await makeUser(off.poolId, 'ana')
    const offToken = await accessTokenOf(off.clientId, 'ana')
    await expect(start(offToken)).rejects.toEqual(refusal('WebAuthnNotEnabledException'))
    await expect(complete(offToken, {})).rejects.toEqual(refusal('WebAuthnNotEnabledException'))

    const unnamed = await makePool(withPasskeys, userAuth)
    await makeUser(unnamed.poolId, 'ana')
    const token = await accessTokenOf(unnamed.clientId, 'ana')
    await expect(start(token)).rejects.toEqual(refusal('WebAuthnConfigurationMissingException'))
    const Domain = 'auth.example.net'
    await region.client.send(
      new CreateUserPoolDomainCommand({
        UserPoolId: unnamed.poolId,
        Domain,
        CustomDomainConfig: { CertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/a' },
      }),
    )
    expect((await start(token)).rp.id).toBe(Domain)

    const { accessToken, authenticator } = await withAna()
    for (let count = 0; count < 20; count += 1)
      await complete(accessToken, authenticator.create(await start(accessToken), { origin }))
    await expect(start(accessToken)).rejects.toEqual(refusal('LimitExceededException'))
  })

  it('is refused without a valid access token', async () => {
    const refused = refusal('NotAuthorizedException')
    await expect(start('not.a.token')).rejects.toEqual(refused)
    await expect(complete('not.a.token', {})).rejects.toEqual(refused)
    await expect(list('not.a.token')).rejects.toEqual(refused)
    await expect(
      region.client.send(
        new DeleteWebAuthnCredentialCommand({ AccessToken: 'not.a.token', CredentialId: 'x' }),
      ),
    ).rejects.toEqual(refused)
  })
})

describe('the passkeys of a user', () => {
  it('are listed in pages and deleted one by one, by their user only', async () => {
    const { poolId, clientId, accessToken, authenticator } = await withPasskey()
    await complete(accessToken, authenticator.create(await start(accessToken), { origin }))
    const first = await list(accessToken, { MaxResults: 1 })
    expect(first.Credentials).toHaveLength(1)
    const second = await list(accessToken, { MaxResults: 1, NextToken: first.NextToken ?? '' })
    expect(second.NextToken).toBeUndefined()
    const ids = [...(first.Credentials ?? []), ...(second.Credentials ?? [])].map(
      ({ CredentialId }) => CredentialId,
    )
    expect(new Set(ids).size).toBe(2)
    await expect(list(accessToken, { NextToken: 'abc' })).rejects.toEqual(
      refusal('InvalidParameterException'),
    )

    await makeUser(poolId, 'bea')
    const remove = (AccessToken: string, CredentialId = ids[0]) =>
      region.client.send(new DeleteWebAuthnCredentialCommand({ AccessToken, CredentialId }))
    await expect(remove(await accessTokenOf(clientId, 'bea'))).rejects.toEqual(
      refusal('ResourceNotFoundException'),
    )
    await remove(accessToken)
    expect((await list(accessToken)).Credentials?.map(({ CredentialId }) => CredentialId)).toEqual([ids[1]])
    await expect(remove(accessToken)).rejects.toEqual(refusal('ResourceNotFoundException'))
  })
})

describe('signing in with a passkey', () => {
  it('works after the choice, with the choice, and when it is preferred', async () => {
    const { clientId, authenticator, accessToken } = await withPasskey()
    const factors = await region.client.send(new GetUserAuthFactorsCommand({ AccessToken: accessToken }))
    expect(factors.ConfiguredUserAuthFactors).toEqual(['PASSWORD', 'WEB_AUTHN'])
    const begun = await choose(clientId)
    expect(begun.AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD', 'WEB_AUTHN'])
    const atOnce = await answer(clientId, 'SELECT_CHALLENGE', begun.Session, {
      USERNAME: 'ana',
      ANSWER: 'WEB_AUTHN',
      CREDENTIAL: authenticator.get(begun.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS, { origin }),
    })
    expect(atOnce.AuthenticationResult?.AccessToken).toBeDefined()
    const select = { USERNAME: 'ana', ANSWER: 'WEB_AUTHN' }
    for (const asked of [
      await choose(clientId, 'WEB_AUTHN'),
      await answer(clientId, 'SELECT_CHALLENGE', (await choose(clientId)).Session, select),
    ]) {
      expect(asked.ChallengeName).toBe('WEB_AUTHN')
      const responses = {
        USERNAME: 'ana',
        CREDENTIAL: authenticator.get(asked.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS, { origin }),
      }
      const done = await answer(clientId, 'WEB_AUTHN', asked.Session, responses)
      expect(done.AuthenticationResult?.AccessToken).toBeDefined()
      await expect(answer(clientId, 'WEB_AUTHN', asked.Session, responses)).rejects.toEqual(
        refusal('NotAuthorizedException', 'Invalid session for the user, session can only be used once.'),
      )
    }
  })

  it('is refused for another origin, relying party, challenge, a changed signature, and a counter that went back', async () => {
    const { clientId, authenticator } = await withPasskey({}, 5)
    const attempt = async (
      behaviour: Partial<Parameters<typeof authenticator.get>[1]>,
      change: (credential: string) => string = (same) => same,
    ) => {
      const { challenge, ...rest } = behaviour
      const asked = await choose(clientId, 'WEB_AUTHN')
      const options = asked.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS
      region.pass(15 * 60_000)
      const again = await choose(clientId, 'WEB_AUTHN')
      const CREDENTIAL = change(
        authenticator.get(
          challenge === 'earlier' ? options : again.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS,
          { origin, counter: 6, ...rest },
        ),
      )
      return answer(clientId, 'WEB_AUTHN', again.Session, { USERNAME: 'ana', CREDENTIAL })
    }
    const refused = refusal('NotAuthorizedException', 'Invalid passkey credential.')
    await expect(attempt({ origin: 'https://example.org' })).rejects.toEqual(refused)
    await expect(attempt({ rpId: 'example.org' })).rejects.toEqual(refused)
    await expect(attempt({ challenge: 'earlier' })).rejects.toEqual(refused)
    await expect(attempt({ type: 'webauthn.create' })).rejects.toEqual(refused)
    const tampered = (credential: string): string => {
      const parsed = JSON.parse(credential) as { response: { signature: string } }
      const signature = Buffer.from(parsed.response.signature, 'base64url')
      signature[10] = (signature[10] ?? 0) ^ 1
      return JSON.stringify({
        ...parsed,
        response: { ...parsed.response, signature: signature.toString('base64url') },
      })
    }
    await expect(attempt({}, tampered)).rejects.toEqual(refused)
    await expect(attempt({}, () => 'not json')).rejects.toEqual(refusal('InvalidParameterException'))
    expect((await attempt({ counter: 7 })).AuthenticationResult).toBeDefined()
    await expect(attempt({ counter: 7 })).rejects.toEqual(refused)
    expect((await attempt({ counter: 8 })).AuthenticationResult).toBeDefined()
  })

  it('takes passkeys of the present relying party only, and those of the one before again when it comes back', async () => {
    const { poolId, clientId, authenticator, accessToken } = await withPasskey()
    const factors = async () =>
      (await region.client.send(new GetUserAuthFactorsCommand({ AccessToken: accessToken })))
        .ConfiguredUserAuthFactors
    const asked = await choose(clientId, 'WEB_AUTHN')
    const CREDENTIAL = authenticator.get(asked.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS, { origin })
    await configure(poolId, { RelyingPartyId: 'example.net' })
    await expect(
      answer(clientId, 'WEB_AUTHN', asked.Session, { USERNAME: 'ana', CREDENTIAL }),
    ).rejects.toEqual(refusal('NotAuthorizedException', 'Invalid passkey credential.'))
    expect((await choose(clientId)).AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD'])
    expect(await factors()).toEqual(['PASSWORD'])
    const stillListed = (await list(accessToken)).Credentials?.map(({ RelyingPartyId }) => RelyingPartyId)
    expect(stillListed).toEqual(['example.com'])

    const newOrigin = 'https://example.net'
    await complete(accessToken, authenticator.create(await start(accessToken), { origin: newOrigin }))
    const again = await choose(clientId, 'WEB_AUTHN')
    const options = again.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS
    expect(JSON.parse(options ?? '')).toMatchObject({ rpId: 'example.net', allowCredentials: [{}] })
    const done = await answer(clientId, 'WEB_AUTHN', again.Session, {
      USERNAME: 'ana',
      CREDENTIAL: authenticator.get(options, { origin: newOrigin }),
    })
    expect(done.AuthenticationResult?.AccessToken).toBeDefined()

    await configure(poolId, { RelyingPartyId: 'example.com' })
    expect((await choose(clientId)).AvailableChallenges).toContain('WEB_AUTHN')
  })

  it('goes on with passwords when the domain that was the relying party is gone', async () => {
    const { poolId, clientId } = await makePool(withPasskeys, userAuth)
    const Domain = 'auth.example.edu'
    const about = { UserPoolId: poolId, Domain }
    const CustomDomainConfig = { CertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/a' }
    await region.client.send(new CreateUserPoolDomainCommand({ ...about, CustomDomainConfig }))
    await makeUser(poolId, 'ana')
    const accessToken = await accessTokenOf(clientId, 'ana')
    const authenticator = createAuthenticator()
    await complete(
      accessToken,
      authenticator.create(await start(accessToken), { origin: `https://${Domain}` }),
    )
    expect((await choose(clientId)).AvailableChallenges).toContain('WEB_AUTHN')
    await region.client.send(new DeleteUserPoolDomainCommand(about))
    expect((await choose(clientId)).AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD'])
  })

  it('needs a verified user where the pool says so', async () => {
    const { clientId, authenticator } = await withPasskey({ UserVerification: 'required' })
    const asked = await choose(clientId, 'WEB_AUTHN')
    const credential = authenticator.get(asked.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS, {
      origin,
      isUserVerified: false,
    })
    await expect(
      answer(clientId, 'WEB_AUTHN', asked.Session, { USERNAME: 'ana', CREDENTIAL: credential }),
    ).rejects.toEqual(refusal('NotAuthorizedException'))
  })

  it('is one factor, or two where the pool says so and the user is verified', async () => {
    const { poolId, clientId, authenticator } = await withPasskey()
    const turnOn = (WebAuthnConfiguration: WebAuthnConfigurationType) =>
      region.client.send(
        new SetUserPoolMfaConfigCommand({
          UserPoolId: poolId,
          MfaConfiguration: 'ON',
          SoftwareTokenMfaConfiguration: { Enabled: true },
          WebAuthnConfiguration,
        }),
      )
    await turnOn({ FactorConfiguration: 'SINGLE_FACTOR' })
    expect((await choose(clientId)).AvailableChallenges).toEqual(['PASSWORD_SRP', 'PASSWORD'])
    await turnOn({
      FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION',
      UserVerification: 'required',
    })
    const asked = await choose(clientId, 'WEB_AUTHN')
    const CREDENTIAL = authenticator.get(asked.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS, { origin })
    const done = await answer(clientId, 'WEB_AUTHN', asked.Session, { USERNAME: 'ana', CREDENTIAL })
    expect(done.AuthenticationResult?.AccessToken).toBeDefined()
  })

  it('works on an ACTIVE secondary, where registering is refused', async () => {
    const { poolId, clientId, authenticator, accessToken } = await withPasskey()
    await copyPool(poolId, region, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE' })
    const asked = await choose(clientId, 'WEB_AUTHN', secondary.client)
    const done = await secondary.client.send(
      new RespondToAuthChallengeCommand({
        ClientId: clientId,
        ChallengeName: 'WEB_AUTHN',
        Session: asked.Session,
        ChallengeResponses: {
          USERNAME: 'ana',
          CREDENTIAL: authenticator.get(asked.ChallengeParameters?.CREDENTIAL_REQUEST_OPTIONS, {
            origin,
            counter: 3,
          }),
        },
      }),
    )
    const AccessToken = done.AuthenticationResult?.AccessToken ?? ''
    const listed = await secondary.client.send(new ListWebAuthnCredentialsCommand({ AccessToken }))
    expect(listed.Credentials).toHaveLength(1)
    const notThere = refusal('OperationNotEnabledException')
    const { client } = secondary
    const about = { AccessToken: accessToken }
    await expect(client.send(new StartWebAuthnRegistrationCommand(about))).rejects.toEqual(notThere)
    await expect(
      client.send(new CompleteWebAuthnRegistrationCommand({ ...about, Credential: {} })),
    ).rejects.toEqual(notThere)
    await expect(
      client.send(new DeleteWebAuthnCredentialCommand({ ...about, CredentialId: 'x' })),
    ).rejects.toEqual(notThere)
  })
})

describe('the passkey settings of a pool', () => {
  it('are kept by member, and contradictions are refused', async () => {
    const { poolId } = await makePool(withPasskeys)
    await configure(poolId, { RelyingPartyId: 'example.com' })
    await configure(poolId, { UserVerification: 'required' })
    await configure(poolId, { FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' })
    expect(await region.client.send(new GetUserPoolMfaConfigCommand({ UserPoolId: poolId }))).toMatchObject({
      WebAuthnConfiguration: {
        RelyingPartyId: 'example.com',
        UserVerification: 'required',
        FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION',
      },
    })
    const invalid = refusal('InvalidParameterException')
    await expect(configure(poolId, { UserVerification: 'preferred' })).rejects.toEqual(invalid)
    await expect(configure(poolId, { RelyingPartyId: 'https://example.com' })).rejects.toEqual(invalid)
  })
})
