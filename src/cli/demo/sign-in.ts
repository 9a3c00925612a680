// The ways in which the demo's users and machines get tokens: Amazon's own JavaScript client, the SDK, and plain OAuth.
import { InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js'
import { CliFailure } from '../cli-failure.ts'
import { type DemoPool, type DemoUser, machineScope } from './pool.ts'
import type { RegionClients } from './stage.ts'

export type Tokens = { readonly idToken: string; readonly accessToken: string; readonly refreshToken: string }

/** SRP with amazon-cognito-identity-js, as a browser does it: the password never leaves this process. */
export const signInWithSrp = (origin: string, pool: DemoPool, user: DemoUser): Promise<Tokens> =>
  new Promise((resolve, reject) => {
    const client = new CognitoUserPool({
      UserPoolId: pool.poolId,
      ClientId: pool.appClientId,
      endpoint: `${origin}/`,
    })
    const cognitoUser = new CognitoUser({ Username: user.username, Pool: client })
    cognitoUser.authenticateUser(
      new AuthenticationDetails({ Username: user.username, Password: user.password }),
      {
        onSuccess: (session) =>
          resolve({
            idToken: session.getIdToken().getJwtToken(),
            accessToken: session.getAccessToken().getJwtToken(),
            refreshToken: session.getRefreshToken().getToken(),
          }),
        onFailure: reject,
        newPasswordRequired: () => reject(new CliFailure('A new password was asked for.')),
      },
    )
  })

/** A new access token for a refresh token. */
export const refresh = async (
  { cognito }: RegionClients,
  pool: DemoPool,
  refreshToken: string,
): Promise<string> => {
  const { AuthenticationResult } = await cognito.send(
    new InitiateAuthCommand({
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      ClientId: pool.appClientId,
      AuthParameters: { REFRESH_TOKEN: refreshToken },
    }),
  )
  if (AuthenticationResult?.AccessToken === undefined)
    throw new CliFailure('The refresh gave no access token.')
  return AuthenticationResult.AccessToken
}

/** client_credentials (RFC 6749, section 4.4) with HTTP Basic. */
export const machineToken = async (origin: string, pool: DemoPool): Promise<string> => {
  const credentials = Buffer.from(`${pool.machineClientId}:${pool.machineClientSecret}`).toString('base64')
  const answer = await fetch(`${origin}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: machineScope }),
  })
  const body = (await answer.json()) as { access_token?: unknown; error?: unknown }
  if (typeof body.access_token !== 'string')
    throw new CliFailure(`The token endpoint answered ${answer.status} ${String(body.error)}.`)
  return body.access_token
}
