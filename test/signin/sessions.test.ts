// Users' sessions through the AWS SDK: recorded where a pool tracks them, held to its limit, listed and revoked, in both Regions.
import {
  AdminListUserSessionsCommand,
  AdminRevokeUserSessionCommand,
  AdminUserGlobalSignOutCommand,
  type AuthenticationResultType,
  type CognitoIdentityProviderClient,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  GetUserPoolClientSessionConfigurationCommand,
  GetUserPoolSessionConfigurationCommand,
  InitiateAuthCommand,
  ListUserSessionsCommand,
  RevokeUserSessionCommand,
  SetUserPoolClientSessionConfigurationCommand,
  SetUserPoolSessionConfigurationCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { password, refusal, stepsOf } from '../support/signin-steps.ts'

const regionKey = systemRandom.bytes(32)
const region = await startSigninRegion({ regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const { makePool, makeUser } = stepsOf(region)
afterAll(() => Promise.all([region.close(), secondary.close()]))

/** Regions' clocks agree. */
const pass = (ms: number): void => {
  for (const { pass: add } of [region, secondary]) add(ms)
}

const track = (
  UserPoolId: string,
  MaxPerUser = 20,
  UserSessionTracking: 'ENABLED' | 'DISABLED' = 'ENABLED',
) =>
  region.client.send(
    new SetUserPoolSessionConfigurationCommand({
      UserPoolId,
      UserSessionTracking,
      TokenSession: { MaxPerUser },
    }),
  )
const withAna = async (maxPerUser?: number) => {
  const made = await makePool()
  await track(made.poolId, maxPerUser)
  await makeUser(made.poolId, 'ana')
  return made
}
const signIn = async (ClientId: string, client = region.client): Promise<AuthenticationResultType> => {
  pass(1_000)
  const { AuthenticationResult = {} } = await client.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ana', PASSWORD: password },
    }),
  )
  return AuthenticationResult
}
const refresh = async (ClientId: string, RefreshToken: string | undefined, client = region.client) => {
  pass(1_000)
  return client.send(new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken }))
}
const list = async (AccessToken: string | undefined, client = region.client) =>
  (await client.send(new ListUserSessionsCommand({ AccessToken }))).Sessions ?? []
const listAll = async (poolId: string, client: CognitoIdentityProviderClient = region.client) => {
  const about = { UserPoolId: poolId, Username: 'ana' }
  return (await client.send(new AdminListUserSessionsCommand(about))).Sessions ?? []
}
const revoked = refusal('NotAuthorizedException', 'Access Token has been revoked')
const getUser = (AccessToken: string | undefined, client = region.client) =>
  client.send(new GetUserCommand({ AccessToken }))

describe('the sessions of a user', () => {
  it('are listed with the current one marked, the one that was active last first', async () => {
    const { poolId, clientId } = await withAna()
    const first = await signIn(clientId)
    const second = await signIn(clientId)
    const seen = await list(first.AccessToken)
    expect(seen).toHaveLength(2)
    expect(seen.map(({ IsCurrentSession }) => IsCurrentSession)).toEqual([false, true])
    expect(seen[1]).toEqual({
      SessionId: expect.stringMatching(/^tkn[0-9a-z]{25}$/),
      SessionType: 'TOKEN',
      ClientId: clientId,
      CreateDate: expect.any(Date),
      LastActiveDate: expect.any(Date),
      DeviceType: 'unknown',
      LastIPAddress: expect.stringMatching(/127\.0\.0\.1/),
      IsCurrentSession: true,
    })
    await refresh(clientId, first.RefreshToken)
    const [latest, other] = await list(second.AccessToken)
    expect(latest?.SessionId).toBe(seen[1]?.SessionId)
    expect(latest?.CreateDate).toEqual(seen[1]?.CreateDate)
    expect(latest?.LastActiveDate?.getTime()).toBeGreaterThan(seen[1]?.LastActiveDate?.getTime() ?? 0)
    expect(other?.IsCurrentSession).toBe(true)
    expect((await listAll(poolId)).map(({ IsCurrentSession }) => IsCurrentSession)).toEqual([false, false])
  })

  it('are not recorded in a pool that does not track them', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const { AccessToken } = await signIn(clientId)
    await track(poolId)
    expect(await list(AccessToken)).toEqual([])
    await signIn(clientId)
    expect(await list(AccessToken)).toHaveLength(1)
    await track(poolId, 20, 'DISABLED')
    expect(await list(AccessToken)).toEqual([])
  })

  it('are no more than the pool allows: the one active longest ago makes room, with its tokens', async () => {
    const { poolId, clientId } = await withAna(2)
    const first = await signIn(clientId)
    const second = await signIn(clientId)
    await refresh(clientId, first.RefreshToken)
    const third = await signIn(clientId)
    expect(await list(third.AccessToken)).toHaveLength(2)
    await expect(getUser(second.AccessToken)).rejects.toEqual(revoked)
    await expect(refresh(clientId, second.RefreshToken)).rejects.toEqual(refusal('NotAuthorizedException'))
    expect((await getUser(first.AccessToken)).Username).toBe('ana')
    await track(poolId, 1)
    expect(await list(third.AccessToken)).toHaveLength(2)
    const fourth = await signIn(clientId)
    expect(await list(fourth.AccessToken)).toHaveLength(1)
  })

  it('end one by one, by their user but the current one, and by administrators', async () => {
    const { poolId, clientId } = await withAna()
    const first = await signIn(clientId)
    const second = await signIn(clientId)
    const [current, other] = await list(second.AccessToken)
    const revoke = (SessionId: string | undefined, AccessToken = second.AccessToken) =>
      region.client.send(new RevokeUserSessionCommand({ AccessToken, SessionId }))
    await expect(revoke(current?.SessionId)).rejects.toEqual(refusal('InvalidParameterException'))
    await revoke(other?.SessionId)
    await expect(getUser(first.AccessToken)).rejects.toEqual(revoked)
    expect(await list(second.AccessToken)).toHaveLength(1)
    const missing = refusal('ResourceNotFoundException', 'Session does not exist.')
    await expect(revoke(other?.SessionId)).rejects.toEqual(missing)
    await expect(revoke(other?.SessionId, first.AccessToken)).rejects.toEqual(revoked)
    const about = { UserPoolId: poolId, Username: 'ana', SessionId: current?.SessionId }
    await region.client.send(new AdminRevokeUserSessionCommand(about))
    await expect(getUser(second.AccessToken)).rejects.toEqual(revoked)
    await expect(region.client.send(new AdminRevokeUserSessionCommand(about))).rejects.toEqual(missing)
    expect(await listAll(poolId)).toEqual([])
  })

  it('are gone with a sign-out everywhere, and at their end', async () => {
    const { poolId, clientId } = await withAna()
    await signIn(clientId)
    await region.client.send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
    expect(await listAll(poolId)).toEqual([])
    await signIn(clientId)
    expect(await listAll(poolId)).toHaveLength(1)
    pass(30 * 86_400_000)
    expect(await listAll(poolId)).toEqual([])
  })

  it('are shown and ended for nobody else', async () => {
    const { poolId, clientId } = await withAna()
    const { AccessToken } = await signIn(clientId)
    const noUser = refusal('UserNotFoundException')
    const nobody = { UserPoolId: poolId, Username: 'nobody' }
    await expect(region.client.send(new AdminListUserSessionsCommand(nobody))).rejects.toEqual(noUser)
    await expect(
      region.client.send(new AdminRevokeUserSessionCommand({ ...nobody, SessionId: 'x' })),
    ).rejects.toEqual(noUser)
    await expect(list('not.a.token')).rejects.toEqual(refusal('NotAuthorizedException'))
    await expect(
      region.client.send(new RevokeUserSessionCommand({ AccessToken: 'not.a.token', SessionId: 'x' })),
    ).rejects.toEqual(refusal('NotAuthorizedException'))
    await expect(
      region.client.send(new ListUserSessionsCommand({ AccessToken, NextToken: 'x' })),
    ).rejects.toEqual(refusal('InvalidParameterException', 'Invalid pagination token.'))
  })
})

describe('an ACTIVE secondary', () => {
  it('lists the primary’s sessions and its own, renews and ends both', async () => {
    const { poolId, clientId } = await withAna()
    const there = await signIn(clientId)
    await copyPool(poolId, region, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE' })
    const { client } = secondary
    const here = await signIn(clientId, client)
    expect((await list(here.AccessToken, client)).map(({ IsCurrentSession }) => IsCurrentSession)).toEqual([
      true,
      false,
    ])
    pass(5_000)
    await refresh(clientId, there.RefreshToken, client)
    const [latest] = await list(here.AccessToken, client)
    expect(latest?.IsCurrentSession).toBe(false)
    expect(await listAll(poolId)).toHaveLength(1)
    await client.send(
      new RevokeUserSessionCommand({ AccessToken: here.AccessToken, SessionId: latest?.SessionId }),
    )
    await expect(getUser(there.AccessToken, client)).rejects.toEqual(revoked)
    expect(await list(here.AccessToken, client)).toHaveLength(1)
    expect(await listAll(poolId, client)).toHaveLength(1)
    expect(secondary.reportedRevocations).toContain(poolId)
    const refused = refusal('OperationNotEnabledException')
    await expect(
      client.send(
        new SetUserPoolSessionConfigurationCommand({
          UserPoolId: poolId,
          UserSessionTracking: 'ENABLED',
          TokenSession: { MaxPerUser: 1 },
        }),
      ),
    ).rejects.toEqual(refused)
    await expect(
      client.send(
        new SetUserPoolClientSessionConfigurationCommand({
          UserPoolId: poolId,
          ClientId: clientId,
          SSOSession: { MaxValidityMinutes: 1 },
        }),
      ),
    ).rejects.toEqual(refused)
    const read = await client.send(new GetUserPoolSessionConfigurationCommand({ UserPoolId: poolId }))
    expect(read.UserSessionTracking).toBe('ENABLED')
  })
})

describe('the settings of sessions', () => {
  const ofPool = (UserPoolId: string) =>
    region.client.send(new GetUserPoolSessionConfigurationCommand({ UserPoolId }))
  const ofClient = (UserPoolId: string, ClientId: string) =>
    region.client.send(new GetUserPoolClientSessionConfigurationCommand({ UserPoolId, ClientId }))
  const setClient = (UserPoolId: string, ClientId: string, MaxValidityMinutes: number) =>
    region.client.send(
      new SetUserPoolClientSessionConfigurationCommand({
        UserPoolId,
        ClientId,
        SSOSession: { MaxValidityMinutes },
      }),
    )

  it('have Amazon’s defaults, and are kept', async () => {
    const { poolId, clientId } = await makePool()
    expect(await ofPool(poolId)).toMatchObject({
      UserPoolId: poolId,
      UserSessionTracking: 'DISABLED',
      TokenSession: { MaxPerUser: 20 },
    })
    expect(await ofClient(poolId, clientId)).toMatchObject({
      UserPoolId: poolId,
      ClientId: clientId,
      SSOSession: { MaxValidityMinutes: 60 },
    })
    const set = { UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 7 } }
    expect(await track(poolId, 7)).toMatchObject(set)
    expect(await ofPool(poolId)).toMatchObject(set)
    await setClient(poolId, clientId, 0)
    expect(await ofClient(poolId, clientId)).toMatchObject({ SSOSession: { MaxValidityMinutes: 0 } })
    await expect(track(poolId, 0)).rejects.toEqual(refusal('InvalidParameterException'))
    await expect(track(poolId, 101)).rejects.toEqual(refusal('InvalidParameterException'))
    await expect(setClient(poolId, clientId, 129_601)).rejects.toEqual(refusal('InvalidParameterException'))
  })

  it('need a plan that has them, a pool that tracks sessions, and a client of it', async () => {
    const lite = await makePool({ UserPoolTier: 'LITE' })
    await expect(track(lite.poolId)).rejects.toEqual(refusal('FeatureUnavailableInTierException'))
    await expect(setClient(lite.poolId, lite.clientId, 5)).rejects.toEqual(
      refusal('FeatureUnavailableInTierException'),
    )
    const { poolId, clientId } = await makePool()
    await expect(setClient(poolId, clientId, 5)).rejects.toEqual(refusal('InvalidParameterException'))
    const missing = refusal('ResourceNotFoundException')
    await expect(ofClient(poolId, lite.clientId)).rejects.toEqual(missing)
    await expect(ofPool('us-east-1_nothere')).rejects.toEqual(missing)
  })
})
