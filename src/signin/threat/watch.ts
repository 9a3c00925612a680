// Threat protection around the steps of a sign-in: assesses it before the tokens, and keeps what came of it as an event of the user.
import { findUser } from '../../directory/find-user.ts'
import type { AuthEvent } from '../../directory/records/auth-event.ts'
import { type User, users } from '../../directory/records/user.ts'
import { Fault, isFault } from '../../wire/fault.ts'
import type { SignInAnswer, SignInRequest } from '../sign-in-request.ts'
import { logActivity } from './activity-log.ts'
import { isInRanges, type Origin, type RiskLevel, riskLevelOf } from './assessment.ts'
import { changeEvents, eventsOf } from './auth-events.ts'
import { sendNotice } from './notice.ts'
import { type GivenContext, originOf } from './origin.ts'
import {
  blockedSignIn,
  blocksCompromised,
  protectionOf,
  type ThreatMode,
  takeoverActionOf,
  threatModeOf,
} from './protection.ts'
import type { FactorDemand, ThreatWatch } from './threat-watch.ts'

export type WatchedStep = {
  readonly isCustom?: boolean
  /** What this step checks; undefined when it only asks. */
  readonly checks?: 'Password' | 'Mfa'
  readonly given: GivenContext
}

/** An answer that never comes leaves its event as it is. */
const unfinishedMs = 24 * 3_600_000
/** Refusals of what was asked, not of who asked: no event of the user. */
const noEvent: ReadonlySet<string> = new Set([
  'InvalidParameterException',
  'ResourceNotFoundException',
  'OperationNotEnabledException',
  'TooManyRequestsException',
  'LimitExceededException',
  'InternalErrorException',
  'UserNotFoundException',
])

type Found = {
  user?: User
  decision: AuthEvent['risk']['decision']
  level?: RiskLevel
  hasCompromisedPassword?: boolean
  demand: FactorDemand
  isAssessed: boolean
}

const makeWatch = (request: SignInRequest, mode: ThreatMode, origin: Origin, found: Found): ThreatWatch => {
  const { client, context, pool } = request
  const { records } = context.pool
  const block = (): never => {
    found.decision = 'Block'
    throw blockedSignIn()
  }
  return {
    assess: async (user) => {
      found.user = user
      if (found.isAssessed) return found.demand
      found.isAssessed = true
      const configuration = await protectionOf(records, client.clientId)
      const { SkippedIPRangeList: skipped = [], BlockedIPRangeList: blocked = [] } =
        configuration?.exceptions ?? {}
      if (isInRanges(origin.ipAddress, skipped)) return 'none'
      if (isInRanges(origin.ipAddress, blocked) && mode === 'ENFORCED') block()
      const nowMs = context.clock.now()
      const level = riskLevelOf(await eventsOf(records, user, nowMs), origin, nowMs)
      if (level === undefined) return 'none'
      found.level = level
      found.decision = 'AccountTakeover'
      if (mode !== 'ENFORCED') return 'none'
      const action = takeoverActionOf(configuration, level)?.EventAction
      if (action === 'BLOCK') block()
      if (action === 'MFA_REQUIRED') found.demand = 'required'
      if (action === 'MFA_IF_CONFIGURED') found.demand = 'if-configured'
      return found.demand
    },
    checkPassword: async (user, password) => {
      if (context.compromisedPasswords?.has(password) !== true) return
      found.user = user
      found.hasCompromisedPassword = true
      const configuration = await protectionOf(records, client.clientId)
      if (mode !== 'ENFORCED' || !blocksCompromised(configuration, 'SIGN_IN')) return
      found.decision = 'Block'
      // A secondary refuses as well; that the password is to be changed is written where the user's record is.
      if (context.pool.registered.role === 'PRIMARY') {
        const primary = context.pool.asPrimary('has the password changed')
        const stored = await primary.get(users, user.usernameKey)
        if (stored !== undefined && stored.value.status === 'CONFIRMED')
          await primary.commit((changes) =>
            changes.replace(users, stored, {
              ...stored.value,
              status: 'RESET_REQUIRED',
              modifiedAtMs: context.clock.now(),
            }),
          )
      }
      context.log.info({ poolId: pool.poolId }, 'a sign-in with a compromised password was blocked')
      throw new Fault('PasswordResetRequiredException', 'Password reset required for the user')
    },
  }
}

const responseOf = (outcome: SignInAnswer | Fault): AuthEvent['response'] => {
  if (isFault(outcome)) return 'Fail'
  return outcome.AuthenticationResult === undefined ? 'InProgress' : 'Pass'
}

/** Writes down what came of the step: with the event of the sign-in that it goes on with, or as a new one. */
const keepEvent = async (
  request: SignInRequest,
  { checks }: WatchedStep,
  outcome: SignInAnswer | Fault,
  about: { readonly origin: Origin; readonly found: Found; readonly user: User },
): Promise<AuthEvent | undefined> => {
  const { client, context } = request
  const { origin, found, user } = about
  const nowMs = context.clock.now()
  const isRight = !isFault(outcome)
  const challenge = checks === undefined ? [] : [{ name: checks, isRight }]
  let kept: AuthEvent | undefined
  const make = (earlier: AuthEvent | undefined): AuthEvent => {
    const level = found.level ?? earlier?.risk.level
    const isCompromised = found.hasCompromisedPassword ?? earlier?.risk.hasCompromisedPassword
    return {
      eventId: earlier?.eventId ?? eventIdOf(context.random),
      type: 'SignIn',
      createdAtMs: earlier?.createdAtMs ?? nowMs,
      response: responseOf(outcome),
      clientId: client.clientId,
      ...origin,
      risk: {
        decision: found.decision === 'NoRisk' ? (earlier?.risk.decision ?? 'NoRisk') : found.decision,
        ...(level === undefined ? {} : { level }),
        ...(isCompromised === undefined ? {} : { hasCompromisedPassword: isCompromised }),
      },
      challenges: [...(earlier?.challenges ?? []), ...challenge].slice(-10),
    }
  }
  await changeEvents(
    context.pool.records,
    user,
    (events) => {
      const earlier =
        request.hasBegun === true
          ? events.find(
              ({ type, response, clientId, createdAtMs }) =>
                type === 'SignIn' &&
                response === 'InProgress' &&
                clientId === client.clientId &&
                createdAtMs > nowMs - unfinishedMs,
            )
          : undefined
      kept = make(earlier)
      return [kept, ...events.filter((event) => event !== earlier)]
    },
    context,
  )
  return kept
}

/** A UUID, as Amazon's event IDs are. */
export const eventIdOf = (random: SignInRequest['context']['random']): string => {
  const hex = random.bytes(16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** The step itself where the pool has no threat protection: nothing is read or written then. */
export const watched = async (
  request: SignInRequest,
  about: WatchedStep,
  step: (request: SignInRequest) => Promise<SignInAnswer>,
): Promise<SignInAnswer> => {
  const mode = threatModeOf(request.pool, about.isCustom)
  if (mode === 'OFF') return step(request)
  const { context, pool } = request
  const origin = originOf(about.given, context)
  const found: Found = { decision: 'NoRisk', demand: 'none', isAssessed: false }
  const keep = async (outcome: SignInAnswer | Fault): Promise<void> => {
    if (isFault(outcome) && noEvent.has(outcome.code) && found.user === undefined) return
    const name = request.parameters.USERNAME
    const user =
      found.user ??
      (name === undefined ? undefined : (await findUser(context.pool.records, pool, name))?.value)
    if (user === undefined) return
    const event = await keepEvent(request, about, outcome, { origin, found, user })
    if (event !== undefined) logActivity(context, user, event, about.given)
    if (event !== undefined && mode === 'ENFORCED' && responseOf(outcome) !== 'InProgress')
      await sendNotice(request, user, event)
  }
  let answer: SignInAnswer
  try {
    answer = await step({ ...request, watch: makeWatch(request, mode, origin, found) })
  } catch (error) {
    if (isFault(error)) await keep(error)
    throw error
  }
  await keep(answer)
  return answer
}
