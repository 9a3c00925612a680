// USER_SRP_AUTH: the client proves that it knows the password without sending it. Two steps, the second may happen in another Region.
import { timingSafeEqual } from 'node:crypto'
import type { User } from '../directory/records/user.ts'
import { requireSecretHash } from '../directory/secret-hash.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { poolNameOf } from '../srp/srp-group.ts'
import { claimSignature, isClientPublic } from '../srp/srp-server.ts'
import { Fault } from '../wire/fault.ts'
import { proving, type SignInProgress } from './authentication-methods.ts'
import { isNamed, resumed } from './begun-sign-in.ts'
import { tellState } from './complete-sign-in.ts'
import { passwordAttemptsOf } from './password-attempts.ts'
import { poolSecrets } from './pool-secrets.ts'
import { askPreAuthentication } from './pre-authentication.ts'
import { openSession, sealSession } from './session.ts'
import { candidateKeyed, candidateNamed, refuseFederated, wrongPassword } from './sign-in-candidate.ts'
import {
  required,
  type SignInAnswer,
  type SignInRequest,
  type SignInStep,
  usernameParameter,
} from './sign-in-request.ts'
import { canonicalTimestamp } from './srp-timestamp.ts'

const challenge = 'PASSWORD_VERIFIER'

/** What SECRET_BLOCK holds; numbers and secrets as base64. */
export type SrpSession = {
  readonly usernameKey: string
  readonly username: string
  /** The name that the sign-in began with, when it was another. */
  readonly givenName?: string
  readonly clientPublic: string
  readonly serverPublic: string
  readonly serverSecret: string
  /** Of a custom sign-in that began with a password: the challenges so far. Sealed in here, so that no client can leave it out. */
  readonly customHistory?: readonly (readonly [name: number, isRight: 0 | 1, metadata?: string])[]
  readonly progress?: SignInProgress
}

const toBase64 = (hex: string): string =>
  Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64')
const toHex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex')

const bindingOf = ({ pool, client }: SignInRequest) => ({
  poolId: pool.poolId,
  clientId: client.clientId,
  challenge,
})

export const startSrp: SignInStep = (request) => startSrpWith(request, undefined)

export const startSrpWith = async (
  request: SignInRequest,
  customHistory: SrpSession['customHistory'],
): Promise<SignInAnswer> => {
  const { client, pool, parameters, context, progress } = request
  const name = usernameParameter(parameters)
  const clientPublic = required(parameters, 'SRP_A')
  requireSecretHash(client, name, parameters.SECRET_HASH)
  if (!isClientPublic(clientPublic)) throw new Fault('InvalidParameterException', 'SRP_A is not valid.')
  const { user, username, credential, attempts } = await candidateNamed(name, request)
  passwordAttemptsOf(context).check(attempts)
  refuseFederated(request, user)
  await askPreAuthentication(request, user)
  const { serverSecret, serverPublic } = await context.passwords.beginSrp(credential.verifier)
  const content: SrpSession = {
    usernameKey: attempts.usernameKey,
    username,
    ...(name === username ? {} : { givenName: name }),
    clientPublic: toBase64(clientPublic),
    serverPublic: toBase64(serverPublic),
    serverSecret: serverSecret.toString('base64'),
    ...(customHistory === undefined ? {} : { customHistory }),
    ...(progress === undefined ? {} : { progress }),
  }
  const { session } = await poolSecrets(pool.poolId, context.pool.records)
  return {
    ChallengeName: challenge,
    ChallengeParameters: {
      SALT: credential.salt,
      SECRET_BLOCK: sealSession(bindingOf(request), content, {
        key: session,
        lifetimeMs: tokenLifetimes(client).authSessionMs,
        clock: context.clock,
        random: context.random,
      }),
      SRP_B: serverPublic,
      USERNAME: username,
      USER_ID_FOR_SRP: username,
    },
  }
}

/** The step that checks the password's proof; `finish` says what a right one leads to. */
export const verifySrpThen =
  (finish: (request: SignInRequest, user: User, begun: SrpSession) => Promise<SignInAnswer>): SignInStep =>
  async (request) => {
    const { client, pool, parameters, context } = request
    const name = usernameParameter(parameters)
    const secretBlock = required(parameters, 'PASSWORD_CLAIM_SECRET_BLOCK')
    const signature = required(parameters, 'PASSWORD_CLAIM_SIGNATURE')
    const timestamp = canonicalTimestamp(required(parameters, 'TIMESTAMP'))
    requireSecretHash(client, name, parameters.SECRET_HASH)
    const secrets = await poolSecrets(pool.poolId, context.pool.records)
    const begun = openSession<SrpSession>(bindingOf(request), secretBlock, {
      key: secrets.session,
      clock: context.clock,
      refusal: wrongPassword(),
    })
    if (!isNamed(pool, [begun.username, begun.givenName ?? begun.username], name)) throw wrongPassword()
    const { user, credential, attempts } = await candidateKeyed(begun.usernameKey, request)
    const counted = passwordAttemptsOf(context)
    counted.check(attempts)
    tellState(client, user)
    const sessionKey = await context.passwords.srpSessionKey({
      clientPublic: toHex(begun.clientPublic),
      serverPublic: toHex(begun.serverPublic),
      serverSecret: Buffer.from(begun.serverSecret, 'base64'),
      verifier: credential.verifier,
    })
    const expected = claimSignature(sessionKey, {
      poolName: poolNameOf(pool.poolId),
      username: begun.username,
      secretBlock: Buffer.from(secretBlock, 'base64'),
      timestamp,
    })
    const claimed = Buffer.from(signature, 'base64')
    const isRight = claimed.length === expected.length && timingSafeEqual(claimed, expected)
    if (user?.credential !== undefined && isRight) {
      counted.succeeded(attempts)
      return finish(proving(resumed(request, begun), 'pwd'), user, begun)
    }
    counted.failed(attempts)
    throw wrongPassword()
  }
