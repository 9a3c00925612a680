// What becomes of tokens: refresh, rotation, revocation, sign-out, new passwords, groups.
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminInitiateAuthCommand,
  AdminUserGlobalSignOutCommand,
  CreateGroupCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, describe, expect, it } from 'vitest'
import { secretHash } from '../../src/directory/secret-hash.ts'
import { startSigninRegion } from '../support/signin-region.ts'
import { flows, password, refusal, stepsOf } from '../support/signin-steps.ts'

const region = await startSigninRegion()
const { makePool, makeUser, signIn, verified } = stepsOf(region)
afterAll(() => region.close())

const refresh = (ClientId: string, REFRESH_TOKEN: string | undefined, SECRET_HASH?: string) =>
  region.client.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: {
        REFRESH_TOKEN: REFRESH_TOKEN ?? '',
        ...(SECRET_HASH === undefined ? {} : { SECRET_HASH }),
      },
    }),
  )
const getUser = (AccessToken: string | undefined) => region.client.send(new GetUserCommand({ AccessToken }))
const decoded = (jwt: string | undefined) =>
  JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
const refused = (message: string) => refusal('NotAuthorizedException', message)

describe('a refresh token', () => {
  it('gives new tokens of the same family and the same sign-in, and no other refresh token', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const first = (await signIn(clientId, 'ana')).AuthenticationResult
    region.pass(10_000)
    const second = (await refresh(clientId, first?.RefreshToken)).AuthenticationResult
    expect(second?.RefreshToken).toBeUndefined()
    const { accessToken } = await verified(poolId, clientId, second)
    const before = decoded(first?.AccessToken)
    for (const claim of ['origin_jti', 'event_id', 'auth_time', 'sub'])
      expect(accessToken[claim]).toBe(before[claim])
    expect(accessToken.jti).not.toBe(before.jti)
    expect(accessToken.iat).toBeGreaterThan(Number(before.iat))
  })

  it('that was changed, cut short, expired or made for another client is refused', async () => {
    const { poolId, clientId } = await makePool()
    const other = await makePool()
    await makeUser(poolId, 'ana')
    const token = (await signIn(clientId, 'ana')).AuthenticationResult?.RefreshToken ?? ''
    const parts = token.split('.')
    const changed = parts.map((part, index) =>
      index === 3 ? `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}` : part,
    )
    const invalid = refused('Invalid Refresh Token.')
    await expect(refresh(clientId, changed.join('.'))).rejects.toEqual(invalid)
    await expect(refresh(clientId, parts.slice(0, 4).join('.'))).rejects.toEqual(invalid)
    await expect(refresh(other.clientId, token)).rejects.toEqual(invalid)
    region.pass(30 * 86_400_000)
    await expect(refresh(clientId, token)).rejects.toEqual(refused('Refresh Token has expired'))
  })

  it('of a user who was deleted is of nobody, also when the name is somebody else’s again', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const { RefreshToken: left = '' } = (await signIn(clientId, 'ana')).AuthenticationResult ?? {}
    await region.client.send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
    const gone = refusal('UserNotFoundException', 'User does not exist.')
    await expect(refresh(clientId, left)).rejects.toEqual(gone)
    const answer = await fetch(`${region.origin}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, refresh_token: left }),
    })
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_grant' }])
    await makeUser(poolId, 'ana')
    await expect(refresh(clientId, left)).rejects.toEqual(gone)
  })

  it('of a client with a secret needs the hash made with the user name or the sub', async () => {
    const { poolId, clientId, client } = await makePool({}, { GenerateSecret: true })
    await makeUser(poolId, 'ana')
    const hash = (name: string) => secretHash(client.ClientSecret ?? '', name, clientId)
    const tokens = await region.client.send(
      new AdminInitiateAuthCommand({
        UserPoolId: poolId,
        ClientId: clientId,
        AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: 'ana', PASSWORD: password, SECRET_HASH: hash('ana') },
      }),
    )
    const token = tokens.AuthenticationResult?.RefreshToken
    const sub = String(decoded(tokens.AuthenticationResult?.AccessToken).sub)
    for (const name of ['ana', sub])
      expect((await refresh(clientId, token, hash(name))).AuthenticationResult?.IdToken).toBeDefined()
    await expect(refresh(clientId, token, hash('ben'))).rejects.toEqual(
      refused(`Unable to verify secret hash for client ${clientId}`),
    )
    await expect(refresh(clientId, token)).rejects.toEqual(refusal('NotAuthorizedException', /SECRET_HASH/))
  })

  it('rotates where the client says so, can be used again in the grace period only, and keeps its end', async () => {
    const { poolId, clientId } = await makePool(
      {},
      {
        ExplicitAuthFlows: flows.filter((flow) => flow !== 'ALLOW_REFRESH_TOKEN_AUTH'),
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 },
        RefreshTokenValidity: 1,
      },
    )
    await makeUser(poolId, 'ana')
    const rotate = async (RefreshToken: string | undefined) =>
      (await region.client.send(new GetTokensFromRefreshTokenCommand({ ClientId: clientId, RefreshToken })))
        .AuthenticationResult
    const first = (await signIn(clientId, 'ana')).AuthenticationResult?.RefreshToken
    await expect(refresh(clientId, first)).rejects.toEqual(
      refusal('UnsupportedOperationException', /rotation/),
    )
    const second = (await rotate(first))?.RefreshToken
    expect(second).not.toBe(first)
    expect((await rotate(first))?.AccessToken).toBeDefined()
    region.pass(10_000)
    await expect(rotate(first)).rejects.toEqual(refusal('RefreshTokenReuseException'))
    expect((await rotate(second))?.RefreshToken).toBeDefined()
    region.pass(86_400_000 - 10_000)
    await expect(rotate(second)).rejects.toEqual(refused('Refresh Token has expired'))
  })
})

describe('a revocation', () => {
  it('ends the family of the refresh token and no other tokens of the user', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const [lost, kept] = [
      (await signIn(clientId, 'ana')).AuthenticationResult,
      (await signIn(clientId, 'ana')).AuthenticationResult,
    ]
    const revoke = (Token: string | undefined) =>
      region.client.send(new RevokeTokenCommand({ ClientId: clientId, Token }))
    await revoke(lost?.RefreshToken)
    await revoke(lost?.RefreshToken)
    await expect(refresh(clientId, lost?.RefreshToken)).rejects.toEqual(
      refused('Refresh Token has been revoked'),
    )
    await expect(getUser(lost?.AccessToken)).rejects.toEqual(refused('Access Token has been revoked'))
    expect((await getUser(kept?.AccessToken)).Username).toBe('ana')
    expect((await refresh(clientId, kept?.RefreshToken)).AuthenticationResult).toBeDefined()
    await expect(revoke(kept?.AccessToken)).rejects.toEqual(refusal('UnsupportedTokenTypeException'))
  })

  it('is refused for a client without token revocation, and with a wrong client secret', async () => {
    const without = await makePool({}, { EnableTokenRevocation: false })
    await makeUser(without.poolId, 'ana')
    const tokens = (await signIn(without.clientId, 'ana')).AuthenticationResult
    expect(decoded(tokens?.AccessToken).origin_jti).toBeUndefined()
    await expect(
      region.client.send(new RevokeTokenCommand({ ClientId: without.clientId, Token: tokens?.RefreshToken })),
    ).rejects.toEqual(refusal('UnsupportedOperationException'))
    const secret = await makePool({}, { GenerateSecret: true })
    await expect(
      region.client.send(
        new RevokeTokenCommand({ ClientId: secret.clientId, ClientSecret: 'w'.repeat(24), Token: 'x' }),
      ),
    ).rejects.toEqual(refusal('UnauthorizedException'))
  })

  it('by a sign-out voids what was issued before it, in the same second too, and nothing after it', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const signOuts = [
      (AccessToken: string | undefined) => region.client.send(new GlobalSignOutCommand({ AccessToken })),
      () => region.client.send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' })),
    ]
    for (const signOut of signOuts) {
      const before = (await signIn(clientId, 'ana')).AuthenticationResult
      await signOut(before?.AccessToken)
      const after = (await signIn(clientId, 'ana')).AuthenticationResult
      await expect(getUser(before?.AccessToken)).rejects.toEqual(refused('Access Token has been revoked'))
      await expect(refresh(clientId, before?.RefreshToken)).rejects.toEqual(
        refused('Refresh Token has been revoked'),
      )
      expect((await getUser(after?.AccessToken)).Username).toBe('ana')
      expect((await refresh(clientId, after?.RefreshToken)).AuthenticationResult).toBeDefined()
    }
  })
})

describe('an access token', () => {
  it('is refused when expired, changed, of another kind or another pool, and once its user was disabled', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const tokens = (await signIn(clientId, 'ana')).AuthenticationResult
    const invalid = refused('Invalid Access Token')
    const [header, , signature] = tokens?.AccessToken?.split('.') ?? []
    const claims = Buffer.from(JSON.stringify({ ...decoded(tokens?.AccessToken), username: 'ben' })).toString(
      'base64url',
    )
    await expect(getUser(`${header}.${claims}.${signature}`)).rejects.toEqual(
      refused('Could not verify signature for Access Token'),
    )
    await expect(getUser(tokens?.IdToken)).rejects.toEqual(invalid)
    await expect(getUser('not.a.token')).rejects.toEqual(invalid)
    const other = await makePool()
    const moved = Buffer.from(
      JSON.stringify({ ...decoded(tokens?.AccessToken), iss: `${region.origin}/${other.poolId}` }),
    ).toString('base64url')
    await expect(getUser(`${header}.${moved}.${signature}`)).rejects.toEqual(invalid)
    await region.client.send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
    const revoked = refused('Access Token has been revoked')
    await expect(getUser(tokens?.AccessToken)).rejects.toEqual(revoked)
    await region.client.send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
    await expect(getUser(tokens?.AccessToken)).rejects.toEqual(revoked)
    region.pass(1)
    await getUser((await signIn(clientId, 'ana')).AuthenticationResult?.AccessToken)
    region.pass(3_600_000)
    await expect(getUser(tokens?.AccessToken)).rejects.toEqual(refused('Access Token has expired'))
  })
})

describe('a temporary password', () => {
  it('leads to a challenge for a new one with the missing attributes, and then to tokens', async () => {
    const { poolId, clientId } = await makePool({ Schema: [{ Name: 'name', Required: true, Mutable: true }] })
    const create = (Username: string) =>
      region.client.send(
        new AdminCreateUserCommand({
          UserPoolId: poolId,
          Username,
          TemporaryPassword: 'Temporary-1',
          MessageAction: 'SUPPRESS',
          UserAttributes: [{ Name: 'email', Value: `${Username}@example.com` }],
        }),
      )
    await create('ana')
    await create('ben')
    const challenge = await signIn(clientId, 'ana', 'Temporary-1')
    expect(challenge.ChallengeName).toBe('NEW_PASSWORD_REQUIRED')
    expect(challenge.ChallengeParameters).toEqual({
      USER_ID_FOR_SRP: 'ana',
      requiredAttributes: '["userAttributes.name"]',
      userAttributes: '{"email":"ana@example.com"}',
    })
    const answer = (NEW_PASSWORD: string, given: Record<string, string>, Session = challenge.Session) =>
      region.client.send(
        new RespondToAuthChallengeCommand({
          ClientId: clientId,
          ChallengeName: 'NEW_PASSWORD_REQUIRED',
          Session,
          ChallengeResponses: { USERNAME: 'ana', NEW_PASSWORD, ...given },
        }),
      )
    const name = { 'userAttributes.name': 'Ana' }
    await expect(answer('short', name)).rejects.toEqual(refusal('InvalidPasswordException'))
    await expect(answer(password, {})).rejects.toEqual(
      refusal('InvalidParameterException', /name is missing/),
    )
    await expect(answer(password, { ...name, 'userAttributes.email': 'x@example.com' })).rejects.toEqual(
      refusal('NotAuthorizedException', 'Cannot modify an already provided email'),
    )
    await expect(answer(password, { ...name, 'userAttributes.email_verified': 'false' })).rejects.toEqual(
      refusal('InvalidParameterException', 'Cannot modify the non-mutable attribute email_verified'),
    )
    const bens = await signIn(clientId, 'ben', 'Temporary-1')
    await expect(answer(password, name, bens.Session)).rejects.toEqual(
      refused('Invalid session for the user.'),
    )
    const tokens = (await answer(password, name)).AuthenticationResult
    expect(decoded(tokens?.IdToken).name).toBe('Ana')
    await expect(answer(password, name)).rejects.toEqual(refused('Invalid session for the user.'))
    expect((await signIn(clientId, 'ana')).AuthenticationResult).toBeDefined()
    region.pass(7 * 86_400_000)
    await expect(signIn(clientId, 'ben', 'Temporary-1')).rejects.toEqual(
      refused('Temporary password has expired and must be reset by an administrator.'),
    )
  })
})

describe('groups', () => {
  it('are in both tokens, with roles and the preferred one in the ID token', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`
    for (const [GroupName, Precedence, RoleArn] of [
      ['readers', 20, role('reader')],
      ['admins', 10, role('admin')],
      ['plain', undefined, undefined],
    ] as const) {
      await region.client.send(new CreateGroupCommand({ UserPoolId: poolId, GroupName, Precedence, RoleArn }))
      await region.client.send(
        new AdminAddUserToGroupCommand({ UserPoolId: poolId, Username: 'ana', GroupName }),
      )
    }
    const tokens = (await signIn(clientId, 'ana')).AuthenticationResult
    const [id, access] = [decoded(tokens?.IdToken), decoded(tokens?.AccessToken)]
    expect(id['cognito:groups']).toEqual(['admins', 'readers', 'plain'])
    expect(access['cognito:groups']).toEqual(['admins', 'readers', 'plain'])
    expect(id['cognito:roles']).toEqual([role('admin'), role('reader')])
    expect(id['cognito:preferred_role']).toBe(role('admin'))
    expect(access['cognito:roles']).toBeUndefined()
  })

  it('without a precedence prefer a role that no other contradicts', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const preferred = async (GroupName: string) => {
      const RoleArn = `arn:aws:iam::000000000000:role/${GroupName}`
      await region.client.send(new CreateGroupCommand({ UserPoolId: poolId, GroupName, RoleArn }))
      await region.client.send(
        new AdminAddUserToGroupCommand({ UserPoolId: poolId, Username: 'ana', GroupName }),
      )
      return decoded((await signIn(clientId, 'ana')).AuthenticationResult?.IdToken)['cognito:preferred_role']
    }
    expect(await preferred('one')).toBe('arn:aws:iam::000000000000:role/one')
    expect(await preferred('two')).toBeUndefined()
  })
})
