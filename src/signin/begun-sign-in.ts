// A sign-in under way between two challenges: what its Session holds of the user, and the user again when the answer comes.
import type { ChallengeNameType } from '@aws-sdk/client-cognito-identity-provider'
import { findUser } from '../directory/find-user.ts'
import { type User, users } from '../directory/records/user.ts'
import { requireSecretHash } from '../directory/secret-hash.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { hidesUsers } from '../directory/user-existence.ts'
import { usernameKeyOf } from '../directory/username-rules.ts'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { SignInProgress } from './authentication-methods.ts'
import { deviceKeyParameter } from './device-key.ts'
import { poolSecrets } from './pool-secrets.ts'
import { openSession, sealSession } from './session.ts'
import { userDoesNotExist } from './sign-in-candidate.ts'
import { type SignInAnswer, type SignInRequest, usernameParameter } from './sign-in-request.ts'
import { makeEventId } from './token-id.ts'

export type BegunSignIn = {
  readonly usernameKey: string
  readonly sub: string
  /** The names by which the client may call the user in its answers: the username, and the one that it began with. */
  readonly names: readonly string[]
  /** Which password was right, or is still to come: one that is set meanwhile ends the sign-in. Absent for a user without one. */
  readonly credentialSetAtMs?: number
  /** What the challenge is told by among those that were answered. */
  readonly challengeId: string
  /** The device that the sign-in says it comes from. */
  readonly deviceKey?: string
  readonly progress?: SignInProgress
}

export const invalidSession = (): Fault =>
  new Fault('NotAuthorizedException', 'Invalid session for the user.')

/** The refusal of an answer that calls its user by another name: that nobody has it, where the client lets that be known. */
export const otherUser = async ({ client, pool, context }: SignInRequest, name: string): Promise<Fault> => {
  const isKnown = hidesUsers(client) || (await findUser(context.pool.records, pool, name)) !== undefined
  return isKnown ? invalidSession() : userDoesNotExist()
}

/** Whether an answer calls its user by one of the names of the sign-in, as names are told apart in the pool. */
export const isNamed = (pool: SignInRequest['pool'], names: readonly string[], name: string): boolean =>
  names.some((known) => usernameKeyOf(pool, known) === usernameKeyOf(pool, name))

/** The beginning of a sign-in of `user`; `names` go on from an earlier challenge. */
export const beginSignIn = (
  { parameters, context, progress }: SignInRequest,
  user: User,
  earlier?: BegunSignIn,
): BegunSignIn => {
  const deviceKey = deviceKeyParameter(parameters) ?? earlier?.deviceKey
  return {
    usernameKey: user.usernameKey,
    sub: user.sub,
    names: [...new Set([user.username, ...(earlier?.names ?? []), parameters.USERNAME ?? user.username])],
    ...(user.credential === undefined ? {} : { credentialSetAtMs: user.credential.setAtMs }),
    challengeId: makeEventId(context.random),
    ...(deviceKey === undefined ? {} : { deviceKey }),
    ...(progress === undefined ? {} : { progress }),
  }
}

/** The request as a later step of the sign-in that a session is of. */
export const resumed = (
  request: SignInRequest,
  { progress }: { readonly progress?: SignInProgress | undefined },
): SignInRequest => (progress === undefined ? request : { ...request, progress })

/** Whose sessions these are. */
type SessionOwner = Pick<SignInRequest, 'client' | 'pool'> & {
  readonly context: Pick<SignInRequest['context'], 'clock' | 'random'> & {
    readonly pool: { readonly records: Pick<Records, 'get'> }
  }
}

/** Seals what a challenge needs to know when its answer comes; good for the client's AuthSessionValidity. */
export const sessionFor = async (
  { client, pool, context }: SessionOwner,
  challenge: string,
  content: BegunSignIn,
): Promise<string> => {
  const { session } = await poolSecrets(pool.poolId, context.pool.records)
  return sealSession({ poolId: pool.poolId, clientId: client.clientId, challenge }, content, {
    key: session,
    lifetimeMs: tokenLifetimes(client).authSessionMs,
    clock: context.clock,
    random: context.random,
  })
}

export const challengeOf = async (
  request: SignInRequest,
  ChallengeName: ChallengeNameType,
  content: BegunSignIn,
  parameters: Record<string, string>,
): Promise<SignInAnswer> => ({
  ChallengeName,
  Session: await sessionFor(request, ChallengeName, content),
  ChallengeParameters: parameters,
})

/** What a session of this challenge holds. Throws NotAuthorizedException. */
export const openSessionOf = async <Content extends BegunSignIn>(
  { client, pool, context }: SessionOwner,
  challenge: string,
  session: string,
): Promise<Content> => {
  const secrets = await poolSecrets(pool.poolId, context.pool.records)
  return openSession<Content>({ poolId: pool.poolId, clientId: client.clientId, challenge }, session, {
    key: secrets.session,
    clock: context.clock,
  })
}

/**
 * What the session of this challenge holds, and its user. Throws InvalidParameterException without USERNAME or Session, and
 * NotAuthorizedException for a session of another user, client or challenge, an expired one, and one whose user was disabled or got another
 * password since, and UserNotFoundException for a name that nobody has, or has any more.
 */
export const continueSignIn = async <Content extends BegunSignIn>(
  request: SignInRequest,
  challenge: string,
): Promise<{ readonly begun: Content; readonly stored: Stored<User> }> => {
  const { client, pool, parameters, session, context } = request
  const name = usernameParameter(parameters)
  if (session === undefined)
    throw new Fault('InvalidParameterException', 'Missing required parameter Session')
  requireSecretHash(client, name, parameters.SECRET_HASH)
  const begun = await openSessionOf<Content>({ client, pool, context }, challenge, session)
  const stored = await context.pool.records.get(users, begun.usernameKey)
  const isSame =
    stored !== undefined &&
    stored.value.sub === begun.sub &&
    stored.value.credential?.setAtMs === begun.credentialSetAtMs &&
    isNamed(pool, begun.names, name)
  if (!isSame) throw await otherUser(request, name)
  if (!stored.value.isEnabled) throw new Fault('NotAuthorizedException', 'User is disabled.')
  return { begun, stored }
}
