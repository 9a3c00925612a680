// One-time passwords as the only factor: EMAIL_OTP and SMS_OTP of choice-based sign-in.
import { requireSecretHash } from '../directory/secret-hash.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { simulatedDelivery } from '../directory/user-existence.ts'
import { Fault } from '../wire/fault.ts'
import { type AuthenticationMethod, proving } from './authentication-methods.ts'
import {
  type BegunSignIn,
  beginSignIn,
  challengeOf,
  continueSignIn,
  isNamed,
  openSessionOf,
  resumed,
} from './begun-sign-in.ts'
import { completeSignIn } from './complete-sign-in.ts'
import { useCode } from './factor-attempts.ts'
import { passwordAttemptsOf } from './password-attempts.ts'
import { type Channel, channelAttributes, deliveryParameters, isSameCode, sendCode } from './sent-code.ts'
import type { Candidate } from './sign-in-candidate.ts'
import {
  required,
  type SignInAnswer,
  type SignInRequest,
  type SignInStep,
  usernameParameter,
} from './sign-in-request.ts'
import { makeEventId } from './token-id.ts'

export type OneTimeChallenge = 'EMAIL_OTP' | 'SMS_OTP'

/** Developer guide, "Authentication flows": codes of one-time passwords have eight digits. */
const codeDigits = 8

export const oneTimeChannels: Readonly<Record<OneTimeChallenge, Channel>> = {
  EMAIL_OTP: 'EMAIL',
  SMS_OTP: 'SMS',
}
const methodOf: Readonly<Record<OneTimeChallenge, AuthenticationMethod>> = {
  EMAIL_OTP: 'email_otp',
  SMS_OTP: 'sms',
}
const codeParameters: Readonly<Record<OneTimeChallenge, string>> = {
  EMAIL_OTP: 'EMAIL_OTP_CODE',
  SMS_OTP: 'SMS_OTP_CODE',
}

export type OneTimeSession = BegunSignIn & {
  readonly isFirstFactor: true
  /** Absent for a name of nobody: no code can be right. */
  readonly code?: string
}

const mismatch = (): Fault => new Fault('CodeMismatchException', 'Invalid code or auth state for the user.')

/** Sends a code, or for a name of nobody says that it did. */
export const sendOneTimePassword = async (
  request: SignInRequest,
  { user, username, attempts }: Candidate,
  challenge: OneTimeChallenge,
): Promise<SignInAnswer> => {
  const { pool, parameters, context, progress } = request
  const channel = oneTimeChannels[challenge]
  if (user === undefined) {
    passwordAttemptsOf(context).check(attempts)
    const content: OneTimeSession = {
      usernameKey: attempts.usernameKey,
      sub: '',
      names: [...new Set([username, parameters.USERNAME ?? username])],
      challengeId: makeEventId(context.random),
      isFirstFactor: true,
      ...(progress === undefined ? {} : { progress }),
    }
    const { records } = context.pool
    const { Destination = '' } = await simulatedDelivery(records, pool, attempts.usernameKey, channel)
    return challengeOf(request, challenge, content, {
      CODE_DELIVERY_DELIVERY_MEDIUM: channel,
      CODE_DELIVERY_DESTINATION: Destination,
    })
  }
  const to = user.attributes[channelAttributes[channel]] ?? ''
  const code = await sendCode(request, user, { channel, to, length: codeDigits })
  const content: OneTimeSession = { ...beginSignIn(request, user), isFirstFactor: true, code }
  return challengeOf(request, challenge, content, deliveryParameters(channel, to))
}

/** The answer to nobody's challenge: wrong like any other, and locked out like any other. */
const answerForNobody = ({ pool, context }: SignInRequest, { usernameKey }: OneTimeSession): never => {
  const attempts = { poolId: pool.poolId, usernameKey, isKnown: false }
  const counted = passwordAttemptsOf(context)
  counted.check(attempts)
  counted.failed(attempts)
  throw mismatch()
}

/** Checks the code that was sent as a first factor, and ends the sign-in. */
export const answerOneTimePassword =
  (challenge: OneTimeChallenge): SignInStep =>
  async (request) => {
    const { client, pool, parameters, session = '', context } = request
    const name = usernameParameter(parameters)
    const given = required(parameters, codeParameters[challenge])
    requireSecretHash(client, name, parameters.SECRET_HASH)
    const begun = await openSessionOf<OneTimeSession>(request, challenge, session)
    if (begun.code === undefined && isNamed(pool, begun.names, name)) return answerForNobody(request, begun)
    const { stored } = await continueSignIn<OneTimeSession>(request, challenge)
    const { code = '', challengeId } = begun
    await useCode(
      context,
      stored.value,
      { challengeId, untilMs: context.clock.now() + tokenLifetimes(client).authSessionMs },
      () => ({ isRight: isSameCode(code, given) }),
      mismatch(),
    )
    return completeSignIn(proving(resumed(request, begun), methodOf[challenge]), stored.value)
  }

/** EMAIL_OTP names two challenges: the only factor of a sign-in, and a second one. Their sessions tell them apart. */
export const isFirstFactorSession = async (request: SignInRequest, challenge: string): Promise<boolean> => {
  if (request.session === undefined) return false
  const begun = await openSessionOf<BegunSignIn & { readonly isFirstFactor?: boolean }>(
    request,
    challenge,
    request.session,
  )
  return begun.isFirstFactor === true
}
