// The answers to the challenges of second factors: SMS_MFA, EMAIL_OTP, SOFTWARE_TOKEN_MFA, SELECT_MFA_TYPE and MFA_SETUP.
import { replaceUser } from '../directory/change-user.ts'
import type { MfaFactor, User } from '../directory/records/user.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { isEmail, isPhoneNumber } from '../directory/username-rules.ts'
import type { Stored } from '../vault/records.ts'
import { Fault, isFault } from '../wire/fault.ts'
import { methodOfFactor, proving } from './authentication-methods.ts'
import { continueSignIn, resumed } from './begun-sign-in.ts'
import { checkMaySignIn, finishSignIn } from './complete-sign-in.ts'
import { type CodeVerdict, useCode } from './factor-attempts.ts'
import { askForFactor, askForSentCode, channelOf, type MfaSession } from './second-factor.ts'
import { channelAttributes, isSameCode } from './sent-code.ts'
import { requireWithoutFactor } from './set-up-right.ts'
import { required, type SignInRequest, type SignInStep } from './sign-in-request.ts'
import { checkTotp, noSoftwareToken } from './software-token.ts'

const sentCodeMismatch = (): Fault =>
  new Fault('CodeMismatchException', 'Invalid code or auth state for the user.')
const totpMismatch = (): Fault => new Fault('CodeMismatchException', 'Invalid code received for user')

/** Which parameter answers each factor's challenge. */
export const codeParameters: Readonly<Record<MfaFactor, string>> = {
  SMS_MFA: 'SMS_MFA_CODE',
  EMAIL_OTP: 'EMAIL_OTP_CODE',
  SOFTWARE_TOKEN_MFA: 'SOFTWARE_TOKEN_MFA_CODE',
}

const judge = (
  factor: MfaFactor,
  { begun, user }: { readonly begun: MfaSession; readonly user: User },
  given: string,
  { context }: SignInRequest,
): CodeVerdict => {
  if (factor !== 'SOFTWARE_TOKEN_MFA')
    return { isRight: begun.code !== undefined && isSameCode(begun.code, given) }
  const secret = user.mfa?.softwareToken?.secret
  if (secret === undefined) throw noSoftwareToken()
  return checkTotp(secret, given, context.clock)
}

/** Throws unless `given` is right for the challenge; counts it either way, and makes the challenge answered. */
export const checkCode = (
  request: SignInRequest,
  factor: MfaFactor,
  about: { readonly begun: MfaSession; readonly user: User },
  given: string,
): Promise<void> =>
  useCode(
    request.context,
    about.user,
    {
      challengeId: about.begun.challengeId,
      untilMs: request.context.clock.now() + tokenLifetimes(request.client).authSessionMs,
    },
    () => judge(factor, about, given, request),
    factor === 'SOFTWARE_TOKEN_MFA' ? totpMismatch() : sentCodeMismatch(),
  )

/** Keeps an address that a code has proved, as verified, and as a factor that is turned on. */
const setUpAddress = (
  { pool, context }: SignInRequest,
  stored: Stored<User>,
  { setsUp, to }: MfaSession,
): Promise<User> => {
  const channel = setsUp === undefined ? undefined : channelOf[setsUp]
  if (setsUp === undefined || channel === undefined || to === undefined) return Promise.resolve(stored.value)
  const records = context.pool.asPrimary('needs a second factor to be set up')
  const attribute = channelAttributes[channel]
  const { attributes, mfa } = stored.value
  return replaceUser({ pool: { poolId: pool.poolId, records }, clock: context.clock }, pool, stored, {
    attributes: { ...attributes, [attribute]: to, [`${attribute}_verified`]: 'true' },
    mfa: { ...mfa, enabled: [...new Set([...(mfa?.enabled ?? []), setsUp])], preferred: setsUp },
  })
}

/**
 * "When a user successfully goes through the SMS text message MFA flow, their phone number is also marked as verified" (developer guide,
 * "SMS text message MFA"). Only a primary can; and a number that is another user's alias stays theirs.
 */
const verifyNumber = async (
  { pool, context }: SignInRequest,
  stored: Stored<User>,
  { to }: MfaSession,
): Promise<User> => {
  const { attributes } = stored.value
  const isKnown = attributes.phone_number !== to || attributes.phone_number_verified === 'true'
  if (isKnown || context.pool.registered.role !== 'PRIMARY') return stored.value
  const records = context.pool.asPrimary('marks the phone number as verified')
  try {
    return await replaceUser({ pool: { poolId: pool.poolId, records }, clock: context.clock }, pool, stored, {
      attributes: { ...attributes, phone_number_verified: 'true' },
    })
  } catch (error) {
    if (isFault(error) && error.code === 'AliasExistsException') return stored.value
    throw error
  }
}

/** The step that checks a factor's code and ends the sign-in. */
export const answerFactor =
  (factor: MfaFactor): SignInStep =>
  async (request) => {
    const given = required(request.parameters, codeParameters[factor])
    const { begun, stored } = await continueSignIn<MfaSession>(request, factor)
    checkMaySignIn(stored.value)
    if (begun.setsUp !== undefined) await requireWithoutFactor(request, stored.value, undefined)
    await checkCode(request, factor, { begun, user: stored.value }, given)
    const proved =
      factor === 'SMS_MFA' && begun.setsUp === undefined
        ? await verifyNumber(request, stored, begun)
        : await setUpAddress(request, stored, begun)
    return finishSignIn(proving(resumed(request, begun), methodOfFactor[factor]), proved, begun)
  }

/** SELECT_MFA_TYPE: `ANSWER` names one of the factors that the challenge offered. */
export const selectFactor: SignInStep = async (request) => {
  const answer = required(request.parameters, 'ANSWER')
  const { begun, stored } = await continueSignIn<MfaSession>(request, 'SELECT_MFA_TYPE')
  const factor = begun.choices?.find((choice) => choice === answer)
  if (factor === undefined)
    throw new Fault('InvalidParameterException', 'ANSWER is not one of the MFA types that can be chosen.')
  return askForFactor(resumed(request, begun), stored.value, factor, begun)
}

/** The parameter that brings a new address, by the factor it sets up. */
const addressParameters = [
  ['EMAIL_OTP', 'EMAIL'],
  ['SMS_MFA', 'PHONE_NUMBER'],
] as const

/** MFA_SETUP: ends the sign-in of a user whose software token was verified, or sends a code to a new address. */
export const setUpFactor: SignInStep = async (request) => {
  const { parameters, context } = request
  const { begun, stored } = await continueSignIn<MfaSession>(request, 'MFA_SETUP')
  checkMaySignIn(stored.value)
  context.pool.asPrimary('needs a second factor to be set up')
  await requireWithoutFactor(request, stored.value, begun.pendingSecret)
  if (begun.isSetUp === true && stored.value.mfa?.softwareToken !== undefined)
    return finishSignIn(proving(resumed(request, begun), 'otp'), stored.value, begun)
  for (const [factor, name] of addressParameters) {
    const to = parameters[name]
    const channel = channelOf[factor]
    if (to === undefined || channel === undefined || !begun.choices?.includes(factor)) continue
    checkAddress(request, { attribute: channelAttributes[channel], to })
    return askForSentCode(resumed(request, begun), stored.value, {
      factor,
      channel,
      to,
      earlier: begun,
      setsUp: factor,
    })
  }
  throw new Fault('InvalidParameterException', 'User has not set up a second factor.')
}

const checkAddress = (
  { pool }: SignInRequest,
  { attribute, to }: { readonly attribute: 'email' | 'phone_number'; readonly to: string },
): void => {
  const isOfPool = pool.schema.some(({ Name }) => Name === attribute)
  if (!isOfPool || !(attribute === 'email' ? isEmail(to) : isPhoneNumber(to)))
    throw new Fault(
      'InvalidParameterException',
      `Invalid ${attribute === 'email' ? 'email address' : 'phone number'} format.`,
    )
}
