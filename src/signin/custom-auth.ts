// CUSTOM_AUTH: the pool's functions say what comes next (developer guide, "Custom authentication challenge Lambda triggers").
import type { User } from '../directory/records/user.ts'
import { requireSecretHash } from '../directory/secret-hash.ts'
import type { ChallengeResult } from '../directory/triggers-port.ts'
import { Fault } from '../wire/fault.ts'
import {
  type BegunSignIn,
  beginSignIn,
  continueSignIn,
  isNamed,
  openSessionOf,
  resumed,
  sessionFor,
} from './begun-sign-in.ts'
import { checkMaySignIn, completeSignIn, finishSignIn, tellState } from './complete-sign-in.ts'
import { passwordAttemptsOf } from './password-attempts.ts'
import { askPreAuthentication } from './pre-authentication.ts'
import { candidateNamed, wrongPassword } from './sign-in-candidate.ts'
import {
  required,
  type SignInAnswer,
  type SignInRequest,
  type SignInStep,
  usernameParameter,
} from './sign-in-request.ts'
import { spendChallenge } from './spent-challenges.ts'
import { type SrpSession, startSrpWith } from './srp-sign-in.ts'
import { makeEventId } from './token-id.ts'

/** The challenges that a history can hold; sessions name them by their place, to stay short. */
const historyNames = ['CUSTOM_CHALLENGE', 'SRP_A', 'PASSWORD_VERIFIER'] as const
type HistoryName = (typeof historyNames)[number]
export type PackedHistory = readonly (readonly [name: number, isRight: 0 | 1, metadata?: string])[]

const pack = (history: readonly ChallengeResult[]): PackedHistory =>
  history.map(({ challengeName, challengeResult, challengeMetadata }): PackedHistory[number] => {
    const name = historyNames.indexOf(challengeName as HistoryName)
    const isRight = challengeResult ? 1 : 0
    return challengeMetadata === undefined ? [name, isRight] : [name, isRight, challengeMetadata]
  })

const unpack = (packed: PackedHistory): readonly ChallengeResult[] =>
  packed.map(([name, isRight, challengeMetadata]) => ({
    challengeName: historyNames[name] ?? 'CUSTOM_CHALLENGE',
    challengeResult: isRight === 1,
    ...(challengeMetadata === undefined ? {} : { challengeMetadata }),
  }))

type CustomSession = BegunSignIn & {
  readonly history: PackedHistory
  /** privateChallengeParameters and challengeMetadata of the challenge that is to be answered. */
  readonly answers: Readonly<Record<string, string>>
  readonly metadata?: string
}

/** A sign-in under way: of a user, or of nobody, whom the client must not tell from one. */
type Custom = {
  readonly user: User | undefined
  readonly begun: BegunSignIn
  readonly history: readonly ChallengeResult[]
}

/** API model: SessionType. */
const sessionCharactersMax = 2_048

/** Without any function that leads it Amazon calls the flow a wrong parameter; a pool with only some of them is configured wrongly. */
const notConfigured = (code: 'InvalidParameterException' | 'InvalidUserPoolConfigurationException'): Fault =>
  new Fault(code, 'Custom auth lambda trigger is not configured for the user pool.')

const subjectOf = ({ client, parameters, clientMetadata }: SignInRequest, user: User | undefined) => ({
  username: user?.username ?? parameters.USERNAME ?? '',
  clientId: client.clientId,
  clientMetadata,
  user,
})

/** CUSTOM_CHALLENGE: what CreateAuthChallenge makes of it, with its answers sealed into the Session. */
const askCustomChallenge = async (request: SignInRequest, custom: Custom): Promise<SignInAnswer> => {
  const { user, begun, history } = custom
  const { context } = request
  const created = await context.triggers.createAuthChallenge(context.pool, {
    ...subjectOf(request, user),
    challengeName: 'CUSTOM_CHALLENGE',
    session: history,
  })
  if (created === undefined) throw notConfigured('InvalidUserPoolConfigurationException')
  const content: CustomSession = {
    ...begun,
    challengeId: makeEventId(context.random),
    history: pack(history),
    answers: created.privateChallengeParameters,
    ...(created.challengeMetadata === undefined ? {} : { metadata: created.challengeMetadata }),
  }
  const Session = await sessionFor(request, 'CUSTOM_CHALLENGE', content)
  if (Session.length > sessionCharactersMax)
    throw new Fault(
      'InvalidLambdaResponseException',
      'CreateAuthChallenge answered with privateChallengeParameters and challengeMetadata that are too long for a Session.',
    )
  return {
    ChallengeName: 'CUSTOM_CHALLENGE',
    Session,
    ChallengeParameters: {
      ...created.publicChallengeParameters,
      USERNAME: user?.username ?? request.parameters.USERNAME ?? '',
    },
  }
}

const askForPassword = (request: SignInRequest, { history }: Custom): Promise<SignInAnswer> => {
  // Only a client that began with SRP_A can prove a password, and only at the beginning.
  if (history.length !== 1 || history[0]?.challengeName !== 'SRP_A')
    throw new Fault(
      'InvalidLambdaResponseException',
      'DefineAuthChallenge asked for PASSWORD_VERIFIER, but the sign-in did not begin with SRP_A.',
    )
  return startSrpWith({ ...request, hasBegun: true }, pack(history))
}

const presentable: Readonly<
  Record<string, (request: SignInRequest, custom: Custom) => Promise<SignInAnswer>>
> = { CUSTOM_CHALLENGE: askCustomChallenge, PASSWORD_VERIFIER: askForPassword }

/** Tokens. Whoever began with a password has whatever else a password leads to before them. */
const finish = (request: SignInRequest, { user, begun, history }: Custom): Promise<SignInAnswer> => {
  if (user === undefined) throw wrongPassword()
  checkMaySignIn(user)
  const hasPassword = history.some(({ challengeName }) => challengeName === 'PASSWORD_VERIFIER')
  return hasPassword ? completeSignIn(request, user) : finishSignIn(request, user, begun)
}

/** Asks DefineAuthChallenge what comes next, and does it. */
const goOn = async (request: SignInRequest, custom: Custom): Promise<SignInAnswer> => {
  const { context } = request
  const defined = await context.triggers.defineAuthChallenge(context.pool, {
    ...subjectOf(request, custom.user),
    session: custom.history,
  })
  if (defined === undefined) throw notConfigured('InvalidParameterException')
  if (defined.failAuthentication) throw wrongPassword()
  if (defined.issueTokens) return finish(request, custom)
  const present = presentable[defined.challengeName ?? '']
  if (present === undefined)
    throw new Fault(
      'InvalidLambdaResponseException',
      'DefineAuthChallenge asked for a challenge other than CUSTOM_CHALLENGE and PASSWORD_VERIFIER.',
    )
  return present(request, custom)
}

/** CHALLENGE_NAME: with which challenge a client begins, and what the functions see of it. */
const beginnings: Readonly<Record<string, readonly ChallengeResult[]>> = {
  CUSTOM_CHALLENGE: [],
  SRP_A: [{ challengeName: 'SRP_A', challengeResult: true }],
}

export const startCustomAuth: SignInStep = async (request) => {
  const { client, parameters, context } = request
  const name = usernameParameter(parameters)
  const history = beginnings[parameters.CHALLENGE_NAME ?? 'CUSTOM_CHALLENGE']
  if (history === undefined)
    throw new Fault('InvalidParameterException', 'CHALLENGE_NAME must be SRP_A or CUSTOM_CHALLENGE.')
  if (history.length > 0) required(parameters, 'SRP_A')
  requireSecretHash(client, name, parameters.SECRET_HASH)
  const candidate = await candidateNamed(name, request)
  passwordAttemptsOf(context).check(candidate.attempts)
  // A state is told at once, or by a client that hides users to nobody: then one who is disabled is like one who doesn't exist.
  tellState(client, candidate.user)
  const user = candidate.user?.isEnabled === true ? candidate.user : undefined
  await askPreAuthentication(request, user)
  const begun: BegunSignIn =
    user === undefined
      ? {
          usernameKey: candidate.attempts.usernameKey,
          sub: '',
          names: [...new Set([candidate.username, name])],
          challengeId: makeEventId(context.random),
        }
      : beginSignIn(request, user)
  return goOn(request, { user, begun, history })
}

/** The sign-in that a Session of CUSTOM_CHALLENGE is of. */
const customOf = async (
  request: SignInRequest,
): Promise<{ readonly user: User | undefined; readonly begun: CustomSession }> => {
  const { client, pool, parameters, session } = request
  const name = usernameParameter(parameters)
  if (session === undefined)
    throw new Fault('InvalidParameterException', 'Missing required parameter Session')
  requireSecretHash(client, name, parameters.SECRET_HASH)
  const begun = await openSessionOf<CustomSession>(request, 'CUSTOM_CHALLENGE', session)
  if (begun.sub === '' && isNamed(pool, begun.names, name)) return { user: undefined, begun }
  const { stored } = await continueSignIn<CustomSession>(request, 'CUSTOM_CHALLENGE')
  return { user: stored.value, begun }
}

/** CUSTOM_CHALLENGE: VerifyAuthChallengeResponse judges the answer, and DefineAuthChallenge says what follows. */
export const answerCustomChallenge: SignInStep = async (request) => {
  const { parameters, context } = request
  const challengeAnswer = required(parameters, 'ANSWER')
  const { user, begun } = await customOf(request)
  // Else one Session would be good for any number of guesses, and no history would show them.
  await spendChallenge(request, user, begun.challengeId)
  const isRight = await context.triggers.verifyAuthChallengeResponse(context.pool, {
    ...subjectOf(request, user),
    privateChallengeParameters: begun.answers,
    challengeAnswer,
  })
  if (isRight === undefined) throw notConfigured('InvalidUserPoolConfigurationException')
  const { history, answers: _, metadata, ...rest } = begun
  const answered: ChallengeResult = {
    challengeName: 'CUSTOM_CHALLENGE',
    challengeResult: isRight,
    ...(metadata === undefined ? {} : { challengeMetadata: metadata }),
  }
  return goOn(resumed(request, begun), { user, begun: rest, history: [...unpack(history), answered] })
}

/** What a right password leads to: the next challenge of a custom sign-in, or the end of another one. */
export const afterPasswordVerifier = (
  request: SignInRequest,
  user: User,
  { customHistory }: SrpSession,
): Promise<SignInAnswer> => {
  if (customHistory === undefined) return completeSignIn(request, user)
  checkMaySignIn(user)
  const verified: ChallengeResult = { challengeName: 'PASSWORD_VERIFIER', challengeResult: true }
  return goOn(request, {
    user,
    begun: beginSignIn(request, user),
    history: [...unpack(customHistory), verified],
  })
}
