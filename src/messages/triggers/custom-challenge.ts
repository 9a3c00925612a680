// The three triggers of a custom sign-in (developer guide, "Custom authentication challenge Lambda triggers").
import type {
  ChallengeResult,
  CreateChallengeAnswer,
  CustomAuthSubject,
  DefineChallengeAnswer,
} from '../../directory/triggers-port.ts'
import { flagIn, pairsIn, textIn } from './answer-fields.ts'
import { unrecognizable } from './call-function.ts'
import { attributesInEvent, type TriggerCall, type TriggerName } from './trigger-event.ts'

type Answer = Readonly<Record<string, unknown>>

const call = (
  trigger: TriggerName,
  about: CustomAuthSubject,
  request: object,
  response: object,
): TriggerCall => ({
  trigger,
  source: 'Authentication',
  subject: about,
  request: {
    userAttributes: about.user === undefined ? {} : attributesInEvent(about.user),
    ...request,
    clientMetadata: about.clientMetadata,
    userNotFound: about.user === undefined,
  },
  response,
})

export const defineChallengeCall = (
  about: CustomAuthSubject & { readonly session: readonly ChallengeResult[] },
): TriggerCall =>
  call(
    'DefineAuthChallenge',
    about,
    { session: about.session },
    { challengeName: null, issueTokens: null, failAuthentication: null },
  )

export const defineChallengeAnswer = (answer: Answer): DefineChallengeAnswer => {
  const defined = {
    challengeName: textIn(answer, 'challengeName'),
    issueTokens: flagIn(answer, 'issueTokens'),
    failAuthentication: flagIn(answer, 'failAuthentication'),
  }
  if (!defined.issueTokens && !defined.failAuthentication && !defined.challengeName) throw unrecognizable()
  return defined
}

export const createChallengeCall = (
  about: CustomAuthSubject & { readonly session: readonly ChallengeResult[]; readonly challengeName: string },
): TriggerCall =>
  call(
    'CreateAuthChallenge',
    about,
    { challengeName: about.challengeName, session: about.session },
    { publicChallengeParameters: null, privateChallengeParameters: null, challengeMetadata: null },
  )

export const createChallengeAnswer = (answer: Answer): CreateChallengeAnswer => ({
  publicChallengeParameters: pairsIn(answer, 'publicChallengeParameters'),
  privateChallengeParameters: pairsIn(answer, 'privateChallengeParameters'),
  challengeMetadata: textIn(answer, 'challengeMetadata'),
})

export const verifyChallengeCall = (
  about: CustomAuthSubject & {
    readonly privateChallengeParameters: Readonly<Record<string, string>>
    readonly challengeAnswer: string
  },
): TriggerCall =>
  call(
    'VerifyAuthChallengeResponse',
    about,
    {
      privateChallengeParameters: about.privateChallengeParameters,
      challengeAnswer: about.challengeAnswer,
    },
    { answerCorrect: null },
  )

export const verifyChallengeAnswer = (answer: Answer): boolean => flagIn(answer, 'answerCorrect')
