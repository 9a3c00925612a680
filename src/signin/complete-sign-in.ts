// The end of a sign-in whose password was right: may this user sign in, must the password be changed first, and the tokens.

import { missingAttributes } from '../directory/attribute-rules.ts'
import type { AppClient } from '../directory/records/app-client.ts'
import type { User } from '../directory/records/user.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { hidesUsers } from '../directory/user-existence.ts'
import { Fault } from '../wire/fault.ts'
import { authenticationClaims, isShortOfTarget, type SignInProgress } from './authentication-methods.ts'
import type { BegunSignIn } from './begun-sign-in.ts'
import {
  askForKnownDevice,
  askForRememberedDevice,
  newDevice,
  type SignInDevice,
} from './device-challenge.ts'
import { issueTokens, newOrigin } from './issue-tokens.ts'
import { poolSecrets } from './pool-secrets.ts'
import { askForSecondFactor } from './second-factor.ts'
import { sealSession } from './session.ts'
import type { SignInAnswer, SignInRequest } from './sign-in-request.ts'
import { unreachableLevel } from './step-up.ts'
import { beginSession } from './token-sessions.ts'

/** Why a user in a status can't sign in (API reference, UserType, UserStatus). */
const refusedStatuses: Readonly<Record<string, readonly [code: string, message: string]>> = {
  UNCONFIRMED: ['UserNotConfirmedException', 'User is not confirmed.'],
  RESET_REQUIRED: ['PasswordResetRequiredException', 'Password reset required for the user'],
  ARCHIVED: ['NotAuthorizedException', 'User is disabled.'],
}

/** Throws the refusal that a user's state asks for. */
export const checkMaySignIn = (user: User): void => {
  if (!user.isEnabled) throw new Fault('NotAuthorizedException', 'User is disabled.')
  const refusal = refusedStatuses[user.status]
  if (refusal !== undefined) throw new Fault(...refusal)
}

/**
 * Clients that don't hide users are told of a state before the password is looked at: developers wanted their users to be led on, as
 * Amazon's own team says in the issues of amazon-cognito-identity-js. Others hear of it after a right password only.
 */
export const tellState = (client: AppClient, user: User | undefined): void => {
  if (user !== undefined && !hidesUsers(client)) checkMaySignIn(user)
}

/** What a NEW_PASSWORD_REQUIRED session holds: whose password, and which one it replaces. */
export type NewPasswordSession = {
  readonly usernameKey: string
  /** The names by which the client may call the user in its answer: the username, and the one that it began with. */
  readonly names: readonly string[]
  readonly sub: string
  readonly credentialSetAtMs: number
  readonly progress?: SignInProgress
}

export const completeSignIn = async (request: SignInRequest, user: User): Promise<SignInAnswer> => {
  checkMaySignIn(user)
  const demand = (await request.watch?.assess(user)) ?? 'none'
  if (user.status === 'FORCE_CHANGE_PASSWORD') return askForNewPassword(request, user)
  // A risk that asks for a second factor asks for it on a remembered device too, and so does a level that needs one.
  const mayStandIn = demand === 'none' && !isShortOfTarget(request.progress)
  return (
    (mayStandIn ? await askForRememberedDevice(request, user) : undefined) ??
    (await askForSecondFactor(request, user, demand)) ??
    finishSignIn(request, user)
  )
}

/** After every factor: the device that the sign-in comes from, if it is known, or the tokens with a key for a new device. */
export const finishSignIn = async (
  request: SignInRequest,
  user: User,
  earlier?: BegunSignIn,
): Promise<SignInAnswer> => {
  const known = await askForKnownDevice(request, user, earlier)
  return known ?? grantTokens(request, user, await newDevice(request, user))
}

export const grantTokens = async (
  { client, pool, context, clientMetadata, watch, progress, tokenSource = 'Authentication' }: SignInRequest,
  user: User,
  device: SignInDevice | undefined,
): Promise<SignInAnswer> => {
  // All or nothing: no tokens of a lower level, whatever changed since the level was found to be in reach.
  if (isShortOfTarget(progress)) throw unreachableLevel()
  await watch?.assess(user)
  const { clientId } = client
  await context.triggers.postAuthentication(context.pool, {
    user,
    clientId,
    newDeviceUsed: device?.made !== undefined,
    clientMetadata,
  })
  const origin = {
    ...newOrigin(client, context),
    ...(device === undefined ? {} : { deviceKey: device.deviceKey, isBoundToDevice: device.isBound }),
    ...authenticationClaims(progress, pool),
  }
  const tokens = await issueTokens(
    context.pool,
    { client, user, origin, withRefreshToken: true, occasion: { source: tokenSource, clientMetadata } },
    context,
  )
  const { sourceIp } = context
  await beginSession(context.pool, { userPool: pool, user, clientId, origin, sourceIp }, context)
  const AuthenticationResult =
    device?.made === undefined ? tokens : { ...tokens, NewDeviceMetadata: device.made }
  return { ChallengeParameters: {}, AuthenticationResult }
}

const askForNewPassword = async (
  { client, pool, parameters, context, progress }: SignInRequest,
  user: User,
): Promise<SignInAnswer> => {
  const { credential } = user
  if (credential === undefined) throw new Error('a password was verified that is not there')
  if (credential.temporaryUntilMs !== undefined && context.clock.now() >= credential.temporaryUntilMs)
    throw new Fault(
      'NotAuthorizedException',
      'Temporary password has expired and must be reset by an administrator.',
    )
  // Setting the password writes the directory: a secondary says so before it asks for one.
  context.pool.asPrimary('needs a new password to be set')
  const { session } = await poolSecrets(pool.poolId, context.pool.records)
  const { sub: _, ...attributes } = user.attributes
  const content: NewPasswordSession = {
    usernameKey: user.usernameKey,
    names: [...new Set([user.username, parameters.USERNAME ?? user.username])],
    sub: user.sub,
    credentialSetAtMs: credential.setAtMs,
    ...(progress === undefined ? {} : { progress }),
  }
  return {
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: sealSession(
      { poolId: pool.poolId, clientId: client.clientId, challenge: 'NEW_PASSWORD_REQUIRED' },
      content,
      {
        key: session,
        lifetimeMs: tokenLifetimes(client).authSessionMs,
        clock: context.clock,
        random: context.random,
      },
    ),
    ChallengeParameters: {
      USER_ID_FOR_SRP: user.username,
      requiredAttributes: JSON.stringify(
        missingAttributes(pool.schema, user.attributes).map((name) => `userAttributes.${name}`),
      ),
      userAttributes: JSON.stringify(attributes),
    },
  }
}
