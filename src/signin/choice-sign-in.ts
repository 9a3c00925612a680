// USER_AUTH: the user chooses how to sign in (developer guide, "Authentication flows", choice-based).
import { findUser } from '../directory/find-user.ts'
import { unavailableInTier } from '../directory/pool-rules.ts'
import { requireSecretHash } from '../directory/secret-hash.ts'
import { isSignUpSessionOf } from '../directory/sign-up-session.ts'
import { Fault } from '../wire/fault.ts'
import {
  availableChallenges,
  type FirstFactorChallenge,
  firstFactorChallenges,
  simulatedChallenges,
} from './auth-factors.ts'
import {
  type BegunSignIn,
  invalidSession,
  isNamed,
  openSessionOf,
  resumed,
  sessionFor,
} from './begun-sign-in.ts'
import { checkMaySignIn, completeSignIn } from './complete-sign-in.ts'
import { factorFacts } from './factor-facts.ts'
import { sendOneTimePassword } from './one-time-password.ts'
import { askForPasskey, finishWithPasskey, type PasskeySession, passkeyRequest } from './passkey-sign-in.ts'
import { signInWithPassword } from './password-sign-in.ts'
import { poolSecrets } from './pool-secrets.ts'
import { askPreAuthentication } from './pre-authentication.ts'
import { type Candidate, candidateKeyed, candidateNamed } from './sign-in-candidate.ts'
import {
  required,
  type SignInAnswer,
  type SignInRequest,
  type SignInStep,
  usernameParameter,
} from './sign-in-request.ts'
import { startSrp } from './srp-sign-in.ts'
import { type Abilities, abilitiesOf, isPastFirstFactor, leadingToTarget, stepUpOf } from './step-up.ts'
import { makeEventId } from './token-id.ts'

type Start = (
  request: SignInRequest,
  candidate: Candidate,
  begun: PasskeySession | undefined,
) => Promise<SignInAnswer>

/** What a choice leads to; a password or SRP_A that doesn't come with it is asked for by a challenge of the same name. */
const starts: Readonly<Record<FirstFactorChallenge, Start>> = {
  PASSWORD: (request, candidate) =>
    request.parameters.PASSWORD === undefined
      ? askFor(request, candidate, 'PASSWORD')
      : signInWithPassword(request),
  PASSWORD_SRP: (request, candidate) =>
    request.parameters.SRP_A === undefined ? askFor(request, candidate, 'PASSWORD_SRP') : startSrp(request),
  EMAIL_OTP: (request, candidate) => sendOneTimePassword(request, candidate, 'EMAIL_OTP'),
  SMS_OTP: (request, candidate) => sendOneTimePassword(request, candidate, 'SMS_OTP'),
  WEB_AUTHN: (request, { user }, begun) => {
    if (user === undefined) throw invalidSession()
    return begun !== undefined && request.parameters.CREDENTIAL !== undefined
      ? finishWithPasskey(request, user, begun)
      : askForPasskey(request, user)
  },
}

const abilitiesOfCandidate = async (request: SignInRequest, candidate: Candidate): Promise<Abilities> => {
  const { pool, context } = request
  const { user } = candidate
  const first =
    user === undefined
      ? simulatedChallenges(pool, {
          decoyKey: (await poolSecrets(pool.poolId, context.pool.records)).decoy,
          usernameKey: candidate.attempts.usernameKey,
        })
      : availableChallenges(user, await factorFacts(user, pool, context.pool, context))
  return abilitiesOf(request, candidate, first)
}

/** The session of a choice or of a password that is still to come: of a candidate, who may be nobody. */
const contentFor = ({ parameters, context, progress }: SignInRequest, candidate: Candidate): BegunSignIn => ({
  usernameKey: candidate.attempts.usernameKey,
  sub: candidate.user?.sub ?? '',
  names: [...new Set([candidate.username, parameters.USERNAME ?? candidate.username])],
  challengeId: makeEventId(context.random),
  ...(progress === undefined ? {} : { progress }),
})

const askFor = async (
  request: SignInRequest,
  candidate: Candidate,
  ChallengeName: 'PASSWORD' | 'PASSWORD_SRP',
): Promise<SignInAnswer> => ({
  ChallengeName,
  Session: await sessionFor(request, ChallengeName, contentFor(request, candidate)),
  ChallengeParameters: {},
})

const checkTier = ({ pool }: SignInRequest): void => {
  const tier = pool.settings.UserPoolTier ?? 'ESSENTIALS'
  if (tier === 'LITE') throw unavailableInTier('USER_AUTH', tier)
}

/** A user who signed up and confirmed it a moment ago, in the same client, has proved who they are. */
const signInAfterSignUp = async (request: SignInRequest, name: string): Promise<SignInAnswer> => {
  const { client, pool, session = '', context } = request
  const { records } = context.pool
  const stored = await findUser(records, pool, name)
  const owner = { poolId: pool.poolId, client, records }
  const isTheirs =
    stored !== undefined && (await isSignUpSessionOf(owner, 'confirmed', stored.value, session, context))
  if (!isTheirs) throw invalidSession()
  await askPreAuthentication(request, stored.value)
  return completeSignIn(request, stored.value)
}

const isFirstFactor = (text: string): text is FirstFactorChallenge =>
  (firstFactorChallenges as readonly string[]).includes(text)

/** SELECT_CHALLENGE. Whoever has a passkey gets its options with it, and can answer with the credential at once. */
const offer = async (
  request: SignInRequest,
  candidate: Candidate,
  available: FirstFactorChallenge[],
): Promise<SignInAnswer> => {
  const passkey =
    candidate.user !== undefined && available.includes('WEB_AUTHN')
      ? await passkeyRequest(request, candidate.user)
      : undefined
  const content: PasskeySession = {
    ...contentFor(request, candidate),
    ...(passkey === undefined ? {} : { passkeyChallenge: passkey.challenge }),
  }
  return {
    ChallengeName: 'SELECT_CHALLENGE',
    AvailableChallenges: available,
    Session: await sessionFor(request, 'SELECT_CHALLENGE', content),
    ChallengeParameters: passkey === undefined ? {} : { CREDENTIAL_REQUEST_OPTIONS: passkey.options },
  }
}

export const startChoice: SignInStep = async (request) => {
  const { client, parameters } = request
  checkTier(request)
  const name = usernameParameter(parameters)
  requireSecretHash(client, name, parameters.SECRET_HASH)
  const preferred = parameters.PREFERRED_CHALLENGE
  if (preferred !== undefined && !isFirstFactor(preferred))
    throw new Fault('InvalidParameterException', 'PREFERRED_CHALLENGE is not a challenge of USER_AUTH.')
  // The code of a sign-up is no method of a level: whoever asks for one proves who they are from scratch.
  if (request.session !== undefined && parameters.TARGET_ACR_VALUES === undefined)
    return signInAfterSignUp(request, name)
  const candidate = await candidateNamed(name, request)
  const abilities = await abilitiesOfCandidate(request, candidate)
  const progress = await stepUpOf(request, candidate, abilities)
  await askPreAuthentication(request, candidate.user)
  const available = leadingToTarget(progress, abilities)
  const begun = { ...resumed(request, { progress }), hasBegun: true }
  // Without any way in, the user's state is all there is to say.
  if (candidate.user !== undefined && abilities.first.length === 0) checkMaySignIn(candidate.user)
  if (preferred !== undefined && available.includes(preferred))
    return starts[preferred](begun, candidate, undefined)
  if (candidate.user !== undefined && progress !== undefined && isPastFirstFactor(progress, abilities))
    return completeSignIn(begun, candidate.user)
  return offer(begun, candidate, available)
}

/** The candidate that a session of this flow is about. */
const candidateOf = async (
  request: SignInRequest,
  challenge: string,
): Promise<{ readonly candidate: Candidate; readonly begun: PasskeySession }> => {
  const { client, pool, parameters, session } = request
  const name = usernameParameter(parameters)
  if (session === undefined)
    throw new Fault('InvalidParameterException', 'Missing required parameter Session')
  requireSecretHash(client, name, parameters.SECRET_HASH)
  const begun = await openSessionOf<PasskeySession>(request, challenge, session)
  const candidate = await candidateKeyed(begun.usernameKey, request)
  if ((candidate.user?.sub ?? '') !== begun.sub || !isNamed(pool, begun.names, name)) throw invalidSession()
  return { candidate, begun }
}

export const selectChallenge: SignInStep = async (request) => {
  const answer = required(request.parameters, 'ANSWER')
  const { candidate, begun } = await candidateOf(request, 'SELECT_CHALLENGE')
  const abilities = await abilitiesOfCandidate(request, candidate)
  const available = leadingToTarget(begun.progress, abilities)
  const chosen = available.find((challenge) => challenge === answer)
  if (chosen === undefined)
    throw new Fault('InvalidParameterException', 'ANSWER is not one of the available challenges.')
  return starts[chosen](resumed(request, begun), candidate, begun)
}

/** The steps of the challenges PASSWORD and PASSWORD_SRP. */
export const answerPassword: SignInStep = async (request) => {
  required(request.parameters, 'PASSWORD')
  const { begun } = await candidateOf(request, 'PASSWORD')
  return signInWithPassword(resumed(request, begun))
}

export const answerPasswordSrp: SignInStep = async (request) => {
  required(request.parameters, 'SRP_A')
  const { begun } = await candidateOf(request, 'PASSWORD_SRP')
  return startSrp(resumed(request, begun))
}
