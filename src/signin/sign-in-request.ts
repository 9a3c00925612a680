// What every step of a sign-in gets: the client that asks, its parameters, and the pool as this Region's replica has it.
import type { InitiateAuthResponse } from '@aws-sdk/client-cognito-identity-provider'
import type { Context } from '../directory/operation.ts'
import { type AppClient, appClients } from '../directory/records/app-client.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import type { TokenGenerationSource } from '../directory/triggers-port.ts'
import { Fault } from '../wire/fault.ts'
import type { SignInProgress } from './authentication-methods.ts'
import type { ThreatWatch } from './threat/threat-watch.ts'

export type SignInContext = Context<'active'>

export type SignInRequest = {
  readonly client: AppClient
  readonly pool: UserPool
  /** AuthParameters or ChallengeResponses. */
  readonly parameters: Readonly<Record<string, string>>
  readonly session: string | undefined
  /** ClientMetadata of an answer to a challenge: for functions, as `clientMetadata`. */
  readonly clientMetadata?: Readonly<Record<string, string>> | undefined
  /** ClientMetadata of the request that began the sign-in: for functions before it, as `validationData`. */
  readonly validationData?: Readonly<Record<string, string>> | undefined
  /** Whether functions heard of this sign-in already: they do when it begins. */
  readonly hasBegun?: boolean
  /** What this sign-in has proved in earlier steps, and must reach. */
  readonly progress?: SignInProgress
  /** What the tokens come of, when it isn't a plain sign-in. */
  readonly tokenSource?: TokenGenerationSource
  /** Threat protection of this step; absent in a pool that has none. */
  readonly watch?: ThreatWatch
  readonly context: SignInContext
}

export type SignInAnswer = InitiateAuthResponse
export type SignInStep = (request: SignInRequest) => Promise<SignInAnswer>

/** The client, when it is one of this pool's. Throws ResourceNotFoundException otherwise. */
export const clientOfPool = async (
  clientId: string,
  pool: { readonly records: Pick<SignInContext['pool']['records'], 'get'> },
): Promise<AppClient> => {
  const stored = await pool.records.get(appClients, clientId)
  if (stored === undefined)
    throw new Fault('ResourceNotFoundException', `User pool client ${clientId} does not exist.`)
  return stored.value
}

/** A parameter that the step can't do without. Throws InvalidParameterException when it is missing or empty. */
export const required = (parameters: SignInRequest['parameters'], name: string): string => {
  const value = parameters[name]
  if (value === undefined || value === '')
    throw new Fault('InvalidParameterException', `Missing required parameter ${name}`)
  return value
}

/** Longest name and password that are worth looking at (API model: UsernameType, PasswordType). */
const nameCharactersMax = 128
const passwordCharactersMax = 256

export const usernameParameter = (parameters: SignInRequest['parameters']): string => {
  const name = required(parameters, 'USERNAME')
  if (name.length > nameCharactersMax)
    throw new Fault(
      'InvalidParameterException',
      `USERNAME must have length less than or equal to ${nameCharactersMax}.`,
    )
  return name
}

export const passwordParameter = (parameters: SignInRequest['parameters'], name: string): string => {
  const password = required(parameters, name)
  if (password.length > passwordCharactersMax)
    throw new Fault(
      'InvalidParameterException',
      `${name} must have length less than or equal to ${passwordCharactersMax}.`,
    )
  return password
}
