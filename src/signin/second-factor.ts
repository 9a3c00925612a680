// Asks for a second factor once the first was right: by the code that was sent, by TOTP, by a choice between them, or by setting one up.
import { readRegionalSettings } from '../directory/read-pool.ts'
import type { MfaFactor, User } from '../directory/records/user.ts'
import { isShortOfTarget, levelOf, methodOfFactor } from './authentication-methods.ts'
import { type BegunSignIn, beginSignIn, challengeOf } from './begun-sign-in.ts'
import { factorsOfPool, hasVerifiedFactor, secondFactorNeed, usableSecondFactors } from './mfa-rules.ts'
import { type Channel, channelAttributes, deliveryParameters, sendCode } from './sent-code.ts'
import type { SignInAnswer, SignInRequest } from './sign-in-request.ts'
import { unreachableLevel } from './step-up.ts'
import { blockedSignIn } from './threat/protection.ts'
import type { FactorDemand } from './threat/threat-watch.ts'

/** What the session of any of these challenges holds. */
export type MfaSession = BegunSignIn & {
  /** The code that was sent, and where it went. */
  readonly code?: string
  readonly to?: string
  /** The factor that a right answer sets up: its address is new to the user. */
  readonly setsUp?: MfaFactor
  /** The factors among which the user chooses, or which can be set up. */
  readonly choices?: readonly MfaFactor[]
  /** MFA_SETUP: the TOTP secret that was handed out, and whether a code of it was right. */
  readonly pendingSecret?: string
  readonly isSetUp?: boolean
}

const secondFactorDigits = 6

export const channelOf: Readonly<Partial<Record<MfaFactor, Channel>>> = { SMS_MFA: 'SMS', EMAIL_OTP: 'EMAIL' }

/** Sends a code to an address of the user's, or to a new one that the answer sets up. */
export const askForSentCode = async (
  request: SignInRequest,
  user: User,
  about: {
    readonly factor: MfaFactor
    readonly channel: Channel
    readonly to: string
    readonly earlier?: MfaSession | undefined
    readonly setsUp?: MfaFactor
  },
): Promise<SignInAnswer> => {
  const { factor, channel, to, earlier, setsUp } = about
  const code = await sendCode(request, user, { channel, to, length: secondFactorDigits })
  const content: MfaSession = {
    ...beginSignIn(request, user, earlier),
    code,
    to,
    ...(setsUp === undefined ? {} : { setsUp }),
  }
  return challengeOf(request, factor, content, {
    ...deliveryParameters(channel, to),
    USER_ID_FOR_SRP: user.username,
  })
}

/** The challenge of one factor that the user has. */
export const askForFactor = (
  request: SignInRequest,
  user: User,
  factor: MfaFactor,
  earlier?: MfaSession,
): Promise<SignInAnswer> => {
  const channel = channelOf[factor]
  if (channel !== undefined) {
    const to = user.attributes[channelAttributes[channel]] ?? ''
    return askForSentCode(request, user, { factor, channel, to, earlier })
  }
  const friendlyName = user.mfa?.softwareToken?.friendlyName
  return challengeOf(request, factor, beginSignIn(request, user, earlier), {
    USER_ID_FOR_SRP: user.username,
    ...(friendlyName === undefined ? {} : { FRIENDLY_DEVICE_NAME: friendlyName }),
  })
}

/**
 * The challenge that comes between a right first factor and the tokens; undefined when none does. One that the user's access token vouches
 * for isn't asked for again, and a level that must be reached says which factors will do.
 */
export const askForSecondFactor = async (
  request: SignInRequest,
  user: User,
  demand: FactorDemand = 'none',
): Promise<SignInAnswer | undefined> => {
  const { pool, context, progress } = request
  const isShort = isShortOfTarget(progress)
  if ((pool.settings.MfaConfiguration ?? 'OFF') === 'OFF') {
    if (demand === 'required') throw blockedSignIn()
    return undefined
  }
  const regional = (await readRegionalSettings(context.pool)).value
  const { methods = [], target = 0 } = progress ?? {}
  const hasSecond =
    methods.length > 1 &&
    usableSecondFactors(user, { pool, regional }).some((factor) => methods.includes(methodOfFactor[factor]))
  if (hasSecond && !isShort && demand === 'none') return undefined
  const need = secondFactorNeed(
    user,
    { pool, regional },
    (factor) => !isShort || (levelOf([...methods, methodOfFactor[factor]]) ?? 0) >= target,
  )
  if (isShort && (need.kind === 'none' || need.kind === 'set-up')) throw unreachableLevel()
  if (need.kind === 'none') {
    if (demand === 'none') return undefined
    // Set up and not turned on: a risk is what it can be asked for.
    const factor = factorsOfPool({ pool, regional }).find((one) => hasVerifiedFactor(user, one))
    if (factor !== undefined) return askForFactor(request, user, factor)
    if (demand === 'required') throw blockedSignIn()
    return undefined
  }
  if (need.kind === 'factor') return askForFactor(request, user, need.factor)
  const choices = JSON.stringify(need.factors)
  const content: MfaSession = { ...beginSignIn(request, user), choices: need.factors }
  if (need.kind === 'choice')
    return challengeOf(request, 'SELECT_MFA_TYPE', content, {
      USER_ID_FOR_SRP: user.username,
      MFAS_CAN_CHOOSE: choices,
    })
  // A factor that is set up is written to the directory: a secondary says so before it asks for one.
  context.pool.asPrimary('needs a second factor to be set up')
  return challengeOf(request, 'MFA_SETUP', content, {
    USER_ID_FOR_SRP: user.username,
    MFAS_CAN_SETUP: choices,
  })
}
