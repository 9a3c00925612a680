// What tests of sign-in do again and again: make a pool with a client, make a user, sign in, verify the tokens.
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type AuthenticationResultType,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientRequest,
  CreateUserPoolCommand,
  type CreateUserPoolRequest,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  type UserPoolClientType,
} from '@aws-sdk/client-cognito-identity-provider'
import { JwtRsaVerifier } from 'aws-jwt-verify'
import { expect } from 'vitest'
import type { SigninRegion } from './signin-region.ts'
import { clientClaim, newSrpClient } from './srp-client.ts'

export const password = 'Corréct-horse-1!'
export const flows = [
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
] as const

/** What `expect(call).rejects.toEqual` compares with for an AWS error. */
export const refusal = (name: string, message?: string | RegExp) =>
  expect.objectContaining({
    name,
    ...(message === undefined
      ? {}
      : { message: typeof message === 'string' ? message : expect.stringMatching(message) }),
  })

export const stepsOf = (region: SigninRegion) => {
  const makeClient = async (
    poolId: string,
    settings: Partial<CreateUserPoolClientRequest>,
  ): Promise<UserPoolClientType> => {
    const { UserPoolClient } = await region.client.send(
      new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'c', ...settings }),
    )
    if (UserPoolClient === undefined) throw new Error('no client was made')
    return UserPoolClient
  }

  const makePool = async (
    settings: Partial<CreateUserPoolRequest> = {},
    clientSettings: Partial<CreateUserPoolClientRequest> = {},
  ) => {
    const { UserPool } = await region.client.send(
      new CreateUserPoolCommand({
        PoolName: 'p',
        UsernameConfiguration: { CaseSensitive: false },
        ...settings,
      }),
    )
    const poolId = UserPool?.Id ?? ''
    const client = await makeClient(poolId, { ExplicitAuthFlows: [...flows], ...clientSettings })
    return { poolId, client, clientId: client.ClientId ?? '' }
  }

  const makeUser = async (poolId: string, Username: string, attributes: Record<string, string> = {}) => {
    await region.client.send(
      new AdminCreateUserCommand({
        UserPoolId: poolId,
        Username,
        MessageAction: 'SUPPRESS',
        UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
      }),
    )
    await region.client.send(
      new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username, Password: password, Permanent: true }),
    )
  }

  const signIn = (clientId: string, USERNAME: string, PASSWORD = password) =>
    region.client.send(
      new InitiateAuthCommand({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: clientId,
        AuthParameters: { USERNAME, PASSWORD },
      }),
    )

  const jwksOf = async (poolId: string) =>
    (await (await fetch(`${region.origin}/${poolId}/.well-known/jwks.json`)).json()) as { keys: never[] }

  /** Verifies both tokens as an application would and returns their claims. */
  const verified = async (poolId: string, clientId: string, tokens: AuthenticationResultType | undefined) => {
    const issuer = `${region.origin}/${poolId}`
    const verifier = JwtRsaVerifier.create([
      { issuer, audience: null, jwksUri: `${issuer}/.well-known/jwks.json` },
    ])
    verifier.cacheJwks(await jwksOf(poolId), issuer)
    const idToken = await verifier.verify(tokens?.IdToken ?? '')
    const accessToken = await verifier.verify(tokens?.AccessToken ?? '')
    expect(idToken.aud).toBe(clientId)
    return { idToken, accessToken }
  }

  const startSrp = async (poolId: string, clientId: string, USERNAME: string, SECRET_HASH?: string) => {
    const srp = newSrpClient(poolId)
    const answer = await region.client.send(
      new InitiateAuthCommand({
        AuthFlow: 'USER_SRP_AUTH',
        ClientId: clientId,
        AuthParameters: {
          USERNAME,
          SRP_A: srp.clientPublic,
          ...(SECRET_HASH === undefined ? {} : { SECRET_HASH }),
        },
      }),
    )
    return { srp, parameters: answer.ChallengeParameters ?? {} }
  }

  const answerSrp = async (
    { srp, parameters }: Awaited<ReturnType<typeof startSrp>>,
    clientId: string,
    given: {
      readonly password?: string
      readonly secretBlock?: string
      readonly timestamp?: string
    } = {},
  ) => {
    const username = parameters.USER_ID_FOR_SRP ?? ''
    const { timestamp = 'Mon Nov 23 09:11:30 UTC 2026' } = given
    const secretBlock = given.secretBlock ?? parameters.SECRET_BLOCK ?? ''
    const claim = await clientClaim(srp, {
      username,
      password: given.password ?? password,
      serverPublic: parameters.SRP_B ?? '',
      salt: parameters.SALT ?? '',
      secretBlock: Buffer.from(secretBlock, 'base64'),
      timestamp,
    })
    return region.client.send(
      new RespondToAuthChallengeCommand({
        ClientId: clientId,
        ChallengeName: 'PASSWORD_VERIFIER',
        ChallengeResponses: {
          USERNAME: username,
          PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
          PASSWORD_CLAIM_SIGNATURE: claim.toString('base64'),
          TIMESTAMP: timestamp,
        },
      }),
    )
  }

  return { makePool, makeClient, makeUser, signIn, jwksOf, verified, startSrp, answerSrp }
}
