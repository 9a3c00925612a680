// The mission, stated as guarantees: a pool in two Regions, one of them gone, and everybody signs in anyway.
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminUserGlobalSignOutCommand,
  CreateGroupCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  InitiateAuthCommand,
  ListUserPoolReplicasCommand,
  ListUserPoolsCommand,
  ListUsersCommand,
  RevokeTokenCommand,
  SignUpCommand,
  UpdateUserPoolReplicaCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms'
import { JwtVerifier } from 'aws-jwt-verify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, startRegions, type TestRegions } from '../support/regions.ts'
import { machineToken, makeReplicatedPool, type ReplicatedPool, signIn } from '../support/replicated-pool.ts'

let regions: TestRegions
let pool: ReplicatedPool
beforeAll(async () => {
  regions = await startRegions(['us-east-1', 'us-west-2'], { dataKeyLifetimeSeconds: 1 })
  pool = await makeReplicatedPool(regions)
})
afterAll(() => regions.close())
const east = () => regions.cognito('us-east-1')
const west = () => regions.cognito('us-west-2')

const sharedJwks = async (region: string) => {
  // The UPDATED issuer as the router asks a Region for it.
  const answer = await fetch(`${regions.origins[region]}/_issuer/${pool.poolId}/.well-known/jwks.json`)
  return (await answer.json()) as { keys: [] }
}
const verify = async (token: string, jwks: { keys: [] }) => {
  const issuer = (
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { iss: string }
  ).iss
  const verifier = JwtVerifier.create({ issuer, audience: null })
  verifier.cacheJwks(jwks)
  return verifier.verify(token)
}

test('both Regions list both replicas and share everything but the ARN', async () => {
  for (const client of [east(), west()]) {
    const { UserPoolReplicas } = await client.send(
      new ListUserPoolReplicasCommand({ UserPoolId: pool.poolId }),
    )
    expect(UserPoolReplicas).toMatchObject([
      { RegionName: 'us-east-1', Role: 'PRIMARY', Status: 'ACTIVE' },
      { RegionName: 'us-west-2', Role: 'SECONDARY', Status: 'ACTIVE' },
    ])
    const { UserPools } = await client.send(new ListUserPoolsCommand({ MaxResults: 10 }))
    expect(UserPools?.find(({ Id }) => Id === pool.poolId)?.ReplicaRegions).toEqual(['us-west-2'])
  }
  const [primary, secondary] = await Promise.all(
    [east(), west()].map((client) => client.send(new DescribeUserPoolCommand({ UserPoolId: pool.poolId }))),
  )
  expect(secondary?.UserPool?.Arn).toBe(primary?.UserPool?.Arn?.replace('us-east-1:', 'us-west-2:'))
  expect(secondary?.UserPool?.SchemaAttributes).toEqual(primary?.UserPool?.SchemaAttributes)
  const [clientEast, clientWest] = await Promise.all(
    [east(), west()].map((client) =>
      client.send(
        new DescribeUserPoolClientCommand({ UserPoolId: pool.poolId, ClientId: pool.machine.clientId }),
      ),
    ),
  )
  expect(clientWest?.UserPoolClient).toEqual(clientEast?.UserPoolClient)
})

test('tokens of both Regions verify against one JWKS and one issuer', async () => {
  const jwks = await sharedJwks('us-east-1')
  expect(await sharedJwks('us-west-2')).toEqual(jwks)
  const issuers = new Set<unknown>()
  for (const region of ['us-east-1', 'us-west-2']) {
    const { accessToken, idToken } = await signIn(regions, region, pool)
    const machine = await machineToken(regions, region, pool.machine)
    for (const token of [accessToken, idToken, machine.accessToken ?? '']) await verify(token, jwks)
  }
  // Without a base domain the router's origin makes the issuer, which in this test is each Region's own.
  expect(issuers.size).toBe(0)
})

test('a write at the primary is seen at the secondary; a write at the secondary is refused with its reason', async () => {
  await east().send(
    new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username: 'newcomer', MessageAction: 'SUPPRESS' }),
  )
  await eventually(
    () =>
      west()
        .send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: 'newcomer' }))
        .catch(() => undefined),
    (user) => user !== undefined,
  )
  const found = await west().send(
    new ListUsersCommand({ UserPoolId: pool.poolId, Filter: 'username ^= "newc"' }),
  )
  expect(found.Users?.map(({ Username }) => Username)).toEqual(['newcomer'])
  for (const write of [
    west().send(
      new SignUpCommand({ ClientId: pool.appClientId, Username: 'other', Password: 'Unguessable-2' }),
    ),
    west().send(new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username: 'other' })),
    west().send(new CreateGroupCommand({ UserPoolId: pool.poolId, GroupName: 'other' })),
  ])
    await expect(write).rejects.toMatchObject({
      name: 'OperationNotEnabledException',
      message: expect.stringMatching(/SECONDARY.*us-east-1/),
    })
})

test('a secondary that is INACTIVE refuses users and still shows itself', async () => {
  const set = (Status: 'ACTIVE' | 'INACTIVE') =>
    west().send(
      new UpdateUserPoolReplicaCommand({ UserPoolId: pool.poolId, RegionName: 'us-west-2', Status }),
    )
  await set('INACTIVE')
  await expect(signIn(regions, 'us-west-2', pool)).rejects.toMatchObject({
    name: 'OperationNotEnabledException',
  })
  expect((await machineToken(regions, 'us-west-2', pool.machine)).accessToken).toBeUndefined()
  await west().send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: pool.user.name }))
  await set('ACTIVE')
  await signIn(regions, 'us-west-2', pool)
})

test('a revocation in either Region holds in both', async () => {
  for (const [made, seen] of [
    ['us-east-1', 'us-west-2'],
    ['us-west-2', 'us-east-1'],
  ] as const) {
    const tokens = await signIn(regions, seen, pool)
    await regions
      .cognito(made)
      .send(new RevokeTokenCommand({ ClientId: pool.appClientId, Token: tokens.refreshToken }))
    const refresh = (region: string) =>
      regions
        .cognito(region)
        .send(
          new InitiateAuthCommand({
            ClientId: pool.appClientId,
            AuthFlow: 'REFRESH_TOKEN_AUTH',
            AuthParameters: { REFRESH_TOKEN: tokens.refreshToken },
          }),
        )
        .then(() => 'accepted')
        .catch((error: Error) => error.name)
    expect(await refresh(made)).toBe('NotAuthorizedException')
    await eventually(
      () => refresh(seen),
      (answer) => answer === 'NotAuthorizedException',
    )
    const others = await signIn(regions, seen, pool)
    await regions
      .cognito(made)
      .send(new AdminUserGlobalSignOutCommand({ UserPoolId: pool.poolId, Username: pool.user.name }))
    await eventually(
      () =>
        regions
          .cognito(seen)
          .send(new GetUserCommand({ AccessToken: others.accessToken }))
          .then(() => 'accepted')
          .catch((error: Error) => error.message),
      (answer) => /revoked/.test(answer),
    )
  }
})

test('one Region’s key lost leaves the other serving, names the key, spares the JWKS, and comes back with nothing lost', async () => {
  const keyId = pool.keyArn.split('/')[1] ?? ''
  for (const [hit, other] of [
    ['us-west-2', 'us-east-1'],
    ['us-east-1', 'us-west-2'],
  ] as const) {
    await regions.kms(hit).send(new DisableKeyCommand({ KeyId: keyId }))
    const message = await eventually(
      () =>
        signIn(regions, hit, pool)
          .then(() => '')
          .catch((error: Error) => `${error.name} ${error.message}`),
      (answer) => answer !== '',
    )
    expect(message).toMatch(new RegExp(`^InvalidParameterException .*${hit}.*${keyId} is disabled`))
    expect((await sharedJwks(hit)).keys.length).toBe(2)
    await signIn(regions, other, pool)
    await regions.kms(hit).send(new EnableKeyCommand({ KeyId: keyId }))
    await eventually(
      () =>
        signIn(regions, hit, pool)
          .then(() => true)
          .catch(() => false),
      Boolean,
    )
  }
})

test('with the primary gone, the same password, refresh token, access token and machine secret work at the secondary', async () => {
  const before = await signIn(regions, 'us-east-1', pool)
  await regions.stop('us-east-1')
  const jwks = await sharedJwks('us-west-2')
  const after = await signIn(regions, 'us-west-2', pool)
  await verify(after.accessToken, jwks)
  await expect(signIn(regions, 'us-west-2', pool, 'Wrong-pass-1')).rejects.toMatchObject({
    name: 'NotAuthorizedException',
    message: 'Incorrect username or password.',
  })
  const refreshed = await west().send(
    new InitiateAuthCommand({
      ClientId: pool.appClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: before.refreshToken },
    }),
  )
  await verify(refreshed.AuthenticationResult?.AccessToken ?? '', jwks)
  expect((await west().send(new GetUserCommand({ AccessToken: before.accessToken }))).Username).toBe(
    pool.user.name,
  )
  await verify((await machineToken(regions, 'us-west-2', pool.machine)).accessToken ?? '', jwks)
  await west().send(new RevokeTokenCommand({ ClientId: pool.appClientId, Token: before.refreshToken }))
})

test('when the primary is back, replication goes on and what was revoked meanwhile is revoked there', async () => {
  await regions.start('us-east-1')
  await east().send(
    new AdminCreateUserCommand({
      UserPoolId: pool.poolId,
      Username: 'afterwards',
      MessageAction: 'SUPPRESS',
    }),
  )
  await eventually(
    () =>
      west()
        .send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: 'afterwards' }))
        .catch(() => undefined),
    (user) => user !== undefined,
  )
  await signIn(regions, 'us-east-1', pool)
})
