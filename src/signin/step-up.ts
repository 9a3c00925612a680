// TARGET_ACR_VALUES, MAX_AGE and ACCESS_TOKEN of USER_AUTH: which level a sign-in is to reach, and what its user has proved already (developer
// guide, "Step-up authentication with the USER_AUTH flow").
import { type AcrLevel, acrLevelNamed } from '../directory/acr-levels.ts'
import { readRegionalSettings } from '../directory/read-pool.ts'
import { Fault } from '../wire/fault.ts'
import { verifyAccessToken } from './access-token.ts'
import type { FirstFactorChallenge } from './auth-factors.ts'
import {
  type AuthenticationMethod,
  levelOf,
  methodOfFactor,
  provenByToken,
  type SignInProgress,
  waysTo,
} from './authentication-methods.ts'
import { usableSecondFactors } from './mfa-rules.ts'
import type { Candidate } from './sign-in-candidate.ts'
import type { SignInRequest } from './sign-in-request.ts'

/** The challenges that prove a method as the first of a sign-in. */
const firstChallenges: Readonly<Record<AuthenticationMethod, readonly FirstFactorChallenge[]>> = {
  pwd: ['PASSWORD_SRP', 'PASSWORD'],
  sms: ['SMS_OTP'],
  email_otp: ['EMAIL_OTP'],
  swk: ['WEB_AUTHN'],
  hwk: ['WEB_AUTHN'],
  otp: [],
}

/** What somebody can sign in with here; nobody, whom a client must not tell from somebody, has no second factors. */
export type Abilities = {
  readonly first: readonly FirstFactorChallenge[]
  readonly second: readonly AuthenticationMethod[]
}

export const abilitiesOf = async (
  { pool, context }: SignInRequest,
  { user }: Candidate,
  first: readonly FirstFactorChallenge[],
): Promise<Abilities> => {
  if (user === undefined) return { first, second: [] }
  const regional = (await readRegionalSettings(context.pool)).value
  return {
    first,
    second: usableSecondFactors(user, { pool, regional }).map((factor) => methodOfFactor[factor]),
  }
}

/** The ways to a level that somebody can go to the end, as the methods that are left of each. */
const openWays = (
  level: AcrLevel,
  proven: readonly AuthenticationMethod[],
  { first: challenges, second: factors }: Abilities,
): readonly (readonly AuthenticationMethod[])[] =>
  waysTo[level].flatMap(([first, second]) => {
    const canFirst =
      proven.includes(first) || firstChallenges[first].some((challenge) => challenges.includes(challenge))
    const canSecond = second === undefined || proven.includes(second) || factors.includes(second)
    if (!canFirst || !canSecond) return []
    return [[first, second].flatMap((one) => (one === undefined || proven.includes(one) ? [] : [one]))]
  })

/** Whether an access token vouches for the first factor of a way, so that only the second is to be asked for. */
export const isPastFirstFactor = (
  { methods, target }: SignInProgress,
  { second: factors }: Abilities,
): boolean =>
  target !== undefined &&
  waysTo[target].some(
    ([first, second]) => second !== undefined && methods.includes(first) && factors.includes(second),
  )

/** The first factors that lead to the level that the sign-in must reach; all where none was asked for. */
export const leadingToTarget = (
  progress: SignInProgress | undefined,
  abilities: Abilities,
): FirstFactorChallenge[] => {
  if (progress?.target === undefined) return [...abilities.first]
  const next = openWays(progress.target, progress.methods, abilities).flatMap(([method]) =>
    method === undefined ? [] : firstChallenges[method],
  )
  return abilities.first.filter((challenge) => next.includes(challenge))
}

const refusedParameter = (message: string): Fault => new Fault('InvalidParameterException', message)

export const unreachableLevel = (): Fault =>
  new Fault('NotAuthorizedException', 'User has no factors for any of the requested authentication levels.')

/** Seconds: more than any token lives. */
const maxAgeMax = 2 ** 31 - 1

const maxAgeOf = ({ MAX_AGE: given }: SignInRequest['parameters']): number | undefined => {
  if (given === undefined) return undefined
  const seconds = /^\d{1,10}$/.test(given) ? Number(given) : Number.NaN
  if (!(seconds <= maxAgeMax)) throw refusedParameter('MAX_AGE must be a non-negative integer.')
  return seconds
}

/** Characters of all the names of four levels, thrice. */
const targetCharactersMax = 1_024

/** The levels that are asked for, in their order; undefined when none is. Throws when the pool knows none of them. */
const targetsOf = ({ parameters, pool }: SignInRequest): readonly AcrLevel[] | undefined => {
  const given = parameters.TARGET_ACR_VALUES
  if (given === undefined) return undefined
  const names = given.length > targetCharactersMax ? [] : given.split(' ')
  const levels = names.flatMap((name) => acrLevelNamed(name, pool.settings.AcrConfiguration) ?? [])
  if (levels.length === 0) throw refusedParameter('TARGET_ACR_VALUES has no valid value.')
  return levels
}

type Credit = ReturnType<typeof provenByToken>
const noCredit: Credit = { methods: [], level: undefined }

/** What the token's sign-in proved, unless it is older than MAX_AGE allows. */
const creditOf = async (
  { client, pool, parameters, context }: SignInRequest,
  { user }: Candidate,
  maxAge: number | undefined,
): Promise<Credit> => {
  if (parameters.ACCESS_TOKEN === undefined) return noCredit
  const token = await verifyAccessToken(parameters.ACCESS_TOKEN, context.pool, context)
  if (token.clientId !== client.clientId || token.user.value.sub !== user?.sub)
    throw new Fault('NotAuthorizedException', 'Access Token was not issued for this user and client.')
  const { auth_time: authenticatedAt } = token.claims
  const isFresh =
    maxAge === undefined ||
    (typeof authenticatedAt === 'number' && context.clock.now() / 1_000 - authenticatedAt <= maxAge)
  return isFresh ? provenByToken(token.claims, pool) : noCredit
}

/**
 * Where a sign-in starts, and the level that it must reach: the first of TARGET_ACR_VALUES that the user can reach. Undefined when no level is
 * asked for. Throws InvalidParameterException for parameters that make no sense, and for a token that is of the level already;
 * NotAuthorizedException for a token that isn't this user's and client's, or isn't good, and for a user who can reach none of the levels.
 */
export const stepUpOf = async (
  request: SignInRequest,
  candidate: Candidate,
  abilities: Abilities,
): Promise<SignInProgress | undefined> => {
  const targets = targetsOf(request)
  const maxAge = maxAgeOf(request.parameters)
  if (targets === undefined) {
    if (request.parameters.ACCESS_TOKEN === undefined) return undefined
    throw refusedParameter('ACCESS_TOKEN needs TARGET_ACR_VALUES.')
  }
  const credit = await creditOf(request, candidate, maxAge)
  const target = targets.find((level) => openWays(level, credit.methods, abilities).length > 0)
  if (target === undefined) throw unreachableLevel()
  if ((levelOf(credit.methods) ?? 0) < target) return { methods: credit.methods, target }
  // "This prevents applications from using step-up authentication as a token-refresh mechanism."
  if (credit.level !== undefined && credit.level >= target)
    throw refusedParameter('The access token is of the requested authentication level already.')
  // A level whose name the pool has changed: nothing would be left to ask for, and nobody gets tokens for nothing.
  if (openWays(target, [], abilities).length === 0) throw unreachableLevel()
  return { methods: [], target }
}
