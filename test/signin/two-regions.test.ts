// Sign-in across Regions: what one began or issued, the other finishes or honours; and what a secondary refuses.
import {
  AdminCreateUserCommand,
  AdminUserGlobalSignOutCommand,
  type CognitoIdentityProviderClient,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { localRevocations, revocations } from '../../src/directory/records/revocation.ts'
import { acceptRevocations } from '../../src/signin/revocation.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { password, refusal, stepsOf } from '../support/signin-steps.ts'
import { clientClaim, newSrpClient } from '../support/srp-client.ts'

const regionKey = systemRandom.bytes(32)
const primary = await startSigninRegion({ region: 'us-east-1', regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const { makePool, makeUser } = stepsOf(primary)
afterAll(() => Promise.all([primary.close(), secondary.close()]))

let poolId = ''
let clientId = ''
beforeEach(async () => {
  const made = await makePool({}, { PreventUserExistenceErrors: 'ENABLED' })
  poolId = made.poolId
  clientId = made.clientId
  await makeUser(poolId, 'ana')
  await primary.client.send(
    new AdminCreateUserCommand({
      UserPoolId: poolId,
      Username: 'new',
      TemporaryPassword: 'Temporary-1',
      MessageAction: 'SUPPRESS',
    }),
  )
  await copyPool(poolId, primary, secondary)
  await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE' })
})

const signIn = (region: CognitoIdentityProviderClient, USERNAME: string, PASSWORD: string) =>
  region.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: clientId,
      AuthParameters: { USERNAME, PASSWORD },
    }),
  )
const refresh = (region: CognitoIdentityProviderClient, REFRESH_TOKEN: string | undefined) =>
  region.send(
    new InitiateAuthCommand({
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      ClientId: clientId,
      AuthParameters: { REFRESH_TOKEN: REFRESH_TOKEN ?? '' },
    }),
  )
const getUser = (region: CognitoIdentityProviderClient, AccessToken: string | undefined) =>
  region.send(new GetUserCommand({ AccessToken }))
const issuerOf = (jwt: string | undefined) =>
  (JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString()) as { iss: string }).iss

const startSrp = async (region: CognitoIdentityProviderClient, USERNAME: string) => {
  const srp = newSrpClient(poolId)
  const answer = await region.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_SRP_AUTH',
      ClientId: clientId,
      AuthParameters: { USERNAME, SRP_A: srp.clientPublic },
    }),
  )
  return { srp, parameters: answer.ChallengeParameters ?? {} }
}

const finishSrp = async (
  region: CognitoIdentityProviderClient,
  { srp, parameters }: Awaited<ReturnType<typeof startSrp>>,
) => {
  const claim = await clientClaim(srp, {
    username: parameters.USER_ID_FOR_SRP ?? '',
    password,
    serverPublic: parameters.SRP_B ?? '',
    salt: parameters.SALT ?? '',
    secretBlock: Buffer.from(parameters.SECRET_BLOCK ?? '', 'base64'),
    timestamp: 'Mon Nov 23 12:00:00 UTC 2026',
  })
  return region.send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: {
        USERNAME: parameters.USER_ID_FOR_SRP ?? '',
        PASSWORD_CLAIM_SECRET_BLOCK: parameters.SECRET_BLOCK ?? '',
        PASSWORD_CLAIM_SIGNATURE: claim.toString('base64'),
        TIMESTAMP: 'Mon Nov 23 12:00:00 UTC 2026',
      },
    }),
  )
}

describe('an ACTIVE secondary', () => {
  it('finishes the sign-in that the primary began, and the other way round', async () => {
    for (const [from, to] of [
      [primary, secondary],
      [secondary, primary],
    ] as const) {
      const begun = await startSrp(from.client, 'ana')
      const { AuthenticationResult } = await finishSrp(to.client, begun)
      expect(issuerOf(AuthenticationResult?.AccessToken)).toBe(`${to.origin}/${poolId}`)
    }
  })

  it('honours refresh and access tokens of the primary, and the primary its own', async () => {
    for (const [from, to] of [
      [primary, secondary],
      [secondary, primary],
    ] as const) {
      const tokens = (await signIn(from.client, 'ana', password)).AuthenticationResult
      expect((await getUser(to.client, tokens?.AccessToken)).Username).toBe('ana')
      const refreshed = (await refresh(to.client, tokens?.RefreshToken)).AuthenticationResult
      expect(issuerOf(refreshed?.IdToken)).toBe(`${to.origin}/${poolId}`)
    }
  })

  it('writes nothing to replicated data while signing in', async () => {
    const before = await secondary.store.head(poolId)
    await finishSrp(secondary.client, await startSrp(secondary.client, 'ana'))
    await expect(signIn(secondary.client, 'ana', 'wrong')).rejects.toEqual(refusal('NotAuthorizedException'))
    expect(await secondary.store.head(poolId)).toEqual(before)
  })

  it('shows the same decoy for a user who does not exist', async () => {
    const [first, second] = await Promise.all([
      startSrp(primary.client, 'nobody'),
      startSrp(secondary.client, 'nobody'),
    ])
    expect(first.parameters.SALT).toBe(second.parameters.SALT)
  })

  it('refuses to ask for a new password, and to set one that the primary asked for', async () => {
    const notEnabled = refusal('OperationNotEnabledException', /needs a new password to be set.*us-east-1/)
    await expect(signIn(secondary.client, 'new', 'Temporary-1')).rejects.toEqual(notEnabled)
    const challenge = await signIn(primary.client, 'new', 'Temporary-1')
    const answer = new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: challenge.Session,
      ChallengeResponses: { USERNAME: 'new', NEW_PASSWORD: password },
    })
    await expect(secondary.client.send(answer)).rejects.toEqual(notEnabled)
    expect((await primary.client.send(answer)).AuthenticationResult).toBeDefined()
  })
})

describe('a secondary that is not ACTIVE', () => {
  it('signs nobody in', async () => {
    for (const status of ['INACTIVE', 'CREATING', 'DELETING'] as const) {
      await secondary.register(poolId, { status })
      await expect(signIn(secondary.client, 'ana', password)).rejects.toEqual(
        refusal('OperationNotEnabledException', /InitiateAuth.*SECONDARY.*us-east-1/),
      )
    }
  })
})

describe('a revocation', () => {
  it('made at the primary holds at the secondary once it is replicated', async () => {
    const tokens = (await signIn(secondary.client, 'ana', password)).AuthenticationResult
    await primary.client.send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
    expect((await getUser(secondary.client, tokens?.AccessToken)).Username).toBe('ana')
    await copyPool(poolId, primary, secondary)
    await expect(getUser(secondary.client, tokens?.AccessToken)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Access Token has been revoked'),
    )
  })

  it('made at a secondary holds there at once, waits for delivery, and merges at the primary: the later wins', async () => {
    const tokens = (await signIn(primary.client, 'ana', password)).AuthenticationResult
    await secondary.client.send(new GlobalSignOutCommand({ AccessToken: tokens?.AccessToken }))
    await expect(refresh(secondary.client, tokens?.RefreshToken)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Refresh Token has been revoked'),
    )
    expect(secondary.reportedRevocations).toContain(poolId)
    const records = secondary.runtime.vault.pool(poolId).secondary
    const [made] = (await records.list(localRevocations, { limit: 10 })).items.map(({ value }) => value)
    if (made === undefined) throw new Error('nothing was kept for delivery')
    expect(made.isDelivered).toBe(false)

    const earlier = { ...made, validAfterMs: made.validAfterMs - 1_000 }
    await acceptRevocations(poolId, [earlier, made, earlier], primary.runtime)
    await acceptRevocations(poolId, [earlier], primary.runtime)
    const merged = await primary.runtime.vault.pool(poolId).primary.get(revocations, made.subject)
    expect(merged?.value).toEqual({
      subject: made.subject,
      validAfterMs: made.validAfterMs,
      expiresAtMs: made.expiresAtMs,
    })
    await expect(refresh(primary.client, tokens?.RefreshToken)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Refresh Token has been revoked'),
    )
  })

  it('that can void nothing any more is cleared away by later ones', async () => {
    const { runtime } = primary
    const nowMs = runtime.clock.now()
    const records = runtime.vault.pool(poolId).primary
    const expired = Array.from({ length: 20 }, (_, index) => ({
      subject: `family:old-${index}`,
      validAfterMs: nowMs - 2,
      expiresAtMs: nowMs - 1,
    }))
    await records.commit((changes) => {
      for (const old of expired) changes.create(revocations, old)
    })
    for (let round = 0; round < 40; round++)
      await acceptRevocations(
        poolId,
        [{ subject: `family:${round}`, validAfterMs: nowMs, expiresAtMs: nowMs + 1_000_000 }],
        runtime,
      )
    const left = (await records.list(revocations, { limit: 100 })).items.filter(({ value }) =>
      value.subject.startsWith('family:old-'),
    )
    expect(left).toEqual([])
  })
})
