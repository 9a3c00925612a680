// Step 6: the primary comes back with everything it had, learns what happened meanwhile, and replication goes on.
import { AdminListGroupsForUserCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { positionsBehind } from './lag-watch.ts'
import { type DemoPool, groupName, makeUser } from './pool.ts'
import { createUser } from './set-up-pool.ts'
import { refresh, signInWithSrp } from './sign-in.ts'
import type { FirstTokens } from './sign-in-at-primary.ts'
import type { Prove, Stage } from './stage.ts'
import { expectThat, until } from './until.ts'
import { expectClaim, verifyFresh } from './verify.ts'

const errorNameOf = async (call: Promise<unknown>): Promise<string | undefined> => {
  try {
    await call
    return undefined
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

export const bringPrimaryBack = async (
  { supervisor, primary, secondary, routerOrigin }: Stage,
  pool: DemoPool,
  first: FirstTokens,
  prove: Prove,
): Promise<void> => {
  const { poolId } = pool
  const [ana, ben] = pool.users
  await supervisor.restart(primary.region)
  prove(`${primary.region} serves again`)

  const { Users } = await primary.cognito.send(new ListUsersCommand({ UserPoolId: poolId }))
  const names = new Set((Users ?? []).map(({ Username }) => Username))
  expectThat(
    names.size === 2 && names.has(ana.username) && names.has(ben.username),
    `The users are ${[...names].join(', ')}.`,
  )
  const { Groups } = await primary.cognito.send(
    new AdminListGroupsForUserCommand({ UserPoolId: poolId, Username: ana.username }),
  )
  expectThat(Groups?.[0]?.GroupName === groupName, 'The user is not in the group any more.')
  const again = await signInWithSrp(primary.origin, pool, ana)
  const [claims] = await verifyFresh(pool.issuer, [again.accessToken])
  expectClaim(claims, 'sub', first.anaSub)
  prove('users, group and password are all there; the same user signs in again')

  await until('The revocation reaches the primary', async () => {
    const refusal = await errorNameOf(refresh(primary, pool, first.ben.refreshToken))
    return refusal === 'NotAuthorizedException' ? true : undefined
  })
  prove('the token revoked at the secondary is refused at the primary too')

  const newcomer = makeUser('dora')
  await createUser(primary.cognito, poolId, newcomer)
  await until('The new user reaches the secondary', async () =>
    (await errorNameOf(signInWithSrp(secondary.origin, pool, newcomer))) === undefined ? true : undefined,
  )
  prove(`${newcomer.username}, created at ${primary.region}, signs in at ${secondary.region}`)
  await until('The secondary has everything', async () =>
    (await positionsBehind(primary.origin)) === 0 ? true : undefined,
  )
  await signInWithSrp(routerOrigin, pool, newcomer)
  prove('replication lag is back at 0')
}
