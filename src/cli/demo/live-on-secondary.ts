// Step 5: with the primary gone, everything that signs people and machines in goes on at the secondary.
import { GetUserCommand, RevokeTokenCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { DemoPool } from './pool.ts'
import { machineToken, refresh, signInWithSrp } from './sign-in.ts'
import type { FirstTokens } from './sign-in-at-primary.ts'
import type { Prove, Stage } from './stage.ts'
import { expectThat, failureOf } from './until.ts'
import { expectClaim, verifyFresh } from './verify.ts'

export const liveOnSecondary = async (
  { secondary, routerOrigin }: Stage,
  pool: DemoPool,
  first: FirstTokens,
  prove: Prove,
): Promise<void> => {
  const [ana] = pool.users
  const tokens = await signInWithSrp(secondary.origin, pool, ana)
  prove(`${ana.username} signs in at ${secondary.region} with the same password, with SRP`)
  const refreshed = await refresh(secondary, pool, first.ana.refreshToken)
  prove('the refresh token that the dead Region issued gives new tokens')
  const { Username } = await secondary.cognito.send(
    new GetUserCommand({ AccessToken: first.ana.accessToken }),
  )
  expectThat(Username === ana.username, `GetUser answers ${Username}.`)
  prove('the access token that the dead Region issued is accepted')
  const machine = await machineToken(secondary.origin, pool)
  prove('the machine gets a token with the same client secret')

  const throughRouter = await signInWithSrp(routerOrigin, pool, ana)
  const machineThroughRouter = await machineToken(routerOrigin, pool)
  prove('the router’s one URL signs both in as well')

  const verified = await verifyFresh(pool.issuer, [
    tokens.accessToken,
    refreshed,
    throughRouter.accessToken,
    machine,
    machineThroughRouter,
  ])
  for (const claims of verified.slice(0, 3)) expectClaim(claims, 'sub', first.anaSub)
  for (const claims of verified.slice(3)) expectClaim(claims, 'client_id', pool.machineClientId)
  prove('all verify against the same issuer, and the user has the same sub')

  const signUp = new SignUpCommand({ ClientId: pool.appClientId, Username: 'cem', Password: ana.password })
  const refusal = await failureOf('A sign-up at the secondary', secondary.cognito.send(signUp))
  expectThat(refusal === 'OperationNotEnabledException', `The sign-up was refused with ${refusal}.`)
  prove('a sign-up, which would write to the directory, is refused: OperationNotEnabledException')

  await secondary.cognito.send(
    new RevokeTokenCommand({ ClientId: pool.appClientId, Token: first.ben.refreshToken }),
  )
  await failureOf('A revoked refresh token', refresh(secondary, pool, first.ben.refreshToken))
  prove(`a refresh token of ${pool.users[1].username} is revoked here, during the outage`)
}
