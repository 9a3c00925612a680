// Step 7: the secondary becomes the primary by one call, and what users hold goes on as it is.
import {
  AdminCreateUserCommand,
  ListUserPoolReplicasCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createOperatorClient } from '../../operator/operator-client.ts'
import { type DemoPool, makeUser } from './pool.ts'
import { createUser } from './set-up-pool.ts'
import { refresh, signInWithSrp } from './sign-in.ts'
import type { FirstTokens } from './sign-in-at-primary.ts'
import type { Prove, Stage } from './stage.ts'
import { expectThat, failureOf, until } from './until.ts'
import { expectClaim, verifyFresh } from './verify.ts'

export const changePlaces = async (
  { supervisor, primary: former, secondary: next }: Stage,
  pool: DemoPool,
  first: FirstTokens,
  prove: Prove,
): Promise<void> => {
  const { poolId: UserPoolId } = pool
  const operator = createOperatorClient({
    origin: next.origin,
    region: next.region,
    credentials: supervisor.accessKey,
  })
  await operator.call('PromoteUserPoolReplica', { UserPoolId })
  prove(`${next.region} is the primary now; ${former.region} handed over with nothing missing`)

  const newcomer = makeUser('emil')
  await createUser(next.cognito, UserPoolId, newcomer)
  prove(`${newcomer.username} is created at ${next.region}`)
  const refusal = await failureOf(
    'A write at the former primary',
    former.cognito.send(new AdminCreateUserCommand({ UserPoolId, Username: 'finn' })),
  )
  expectThat(refusal === 'OperationNotEnabledException', `The write was refused with ${refusal}.`)
  prove(`${former.region} takes no writes any more: OperationNotEnabledException`)

  const tokens = await until('The new user reaches the former primary', () =>
    signInWithSrp(former.origin, pool, newcomer).catch(() => undefined),
  )
  prove(`${newcomer.username} signs in at ${former.region}`)
  const refreshed = await refresh(former, pool, first.ana.refreshToken)
  const [, claims] = await verifyFresh(pool.issuer, [tokens.accessToken, refreshed])
  expectClaim(claims, 'sub', first.anaSub)
  prove('refresh tokens of before go on, and everything verifies against the same issuer')

  const { UserPoolReplicas } = await former.cognito.send(new ListUserPoolReplicasCommand({ UserPoolId }))
  const roles = UserPoolReplicas?.map(({ RegionName, Role }) => `${RegionName} ${Role}`).join(', ')
  expectThat(roles === `${next.region} PRIMARY, ${former.region} SECONDARY`, `The replicas are ${roles}.`)
  prove(`both Regions list ${roles}`)
}
