// The table of sign-in flows: who may start which, when a client has it, and its first step.
import type {
  AuthFlowType,
  ExplicitAuthFlowsType,
  InitiateAuthRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import { readPool } from '../directory/read-pool.ts'
import type { AppClient } from '../directory/records/app-client.ts'
import { Fault } from '../wire/fault.ts'
import { startChoice } from './choice-sign-in.ts'
import { startCustomAuth } from './custom-auth.ts'
import { signInWithPassword } from './password-sign-in.ts'
import { signInWithRefreshToken } from './refresh-sign-in.ts'
import { clientOfPool, type SignInAnswer, type SignInContext, type SignInStep } from './sign-in-request.ts'
import { startSrp } from './srp-sign-in.ts'
import type { GivenContext } from './threat/origin.ts'
import { watched } from './threat/watch.ts'

type Starter = 'user' | 'admin'

type Flow = {
  readonly startedBy: readonly Starter[]
  /** The value of ExplicitAuthFlows that turns it on, and the one of the time before the ALLOW_ prefix. */
  readonly allowedBy: readonly ExplicitAuthFlowsType[]
  /** Whether a client with values of the time before the prefix has it without naming it. */
  readonly isLegacyDefault: boolean
  readonly refusal: string
  readonly start: SignInStep
}

const srp: Flow = {
  startedBy: ['user', 'admin'],
  allowedBy: ['ALLOW_USER_SRP_AUTH'],
  isLegacyDefault: true,
  refusal: 'USER_SRP_AUTH is not enabled for the client.',
  start: startSrp,
}
const password: Flow = {
  startedBy: ['user'],
  allowedBy: ['ALLOW_USER_PASSWORD_AUTH', 'USER_PASSWORD_AUTH'],
  isLegacyDefault: false,
  refusal: 'USER_PASSWORD_AUTH flow not enabled for this client',
  start: signInWithPassword,
}
const adminPassword: Flow = {
  startedBy: ['admin'],
  allowedBy: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH'],
  isLegacyDefault: false,
  refusal: 'Auth flow not enabled for this client',
  start: signInWithPassword,
}
const choice: Flow = {
  startedBy: ['user', 'admin'],
  allowedBy: ['ALLOW_USER_AUTH'],
  isLegacyDefault: false,
  refusal: 'USER_AUTH is not enabled for the client.',
  start: startChoice,
}
const custom: Flow = {
  startedBy: ['user', 'admin'],
  allowedBy: ['ALLOW_CUSTOM_AUTH', 'CUSTOM_AUTH_FLOW_ONLY'],
  isLegacyDefault: true,
  refusal: 'CUSTOM_AUTH is not enabled for the client.',
  start: startCustomAuth,
}
const refresh: Flow = {
  startedBy: ['user', 'admin'],
  allowedBy: ['ALLOW_REFRESH_TOKEN_AUTH'],
  isLegacyDefault: true,
  refusal: 'Auth flow not enabled for this client',
  start: signInWithRefreshToken,
}

const flows: Partial<Record<AuthFlowType, Flow>> = {
  USER_SRP_AUTH: srp,
  USER_PASSWORD_AUTH: password,
  ADMIN_USER_PASSWORD_AUTH: adminPassword,
  ADMIN_NO_SRP_AUTH: adminPassword,
  USER_AUTH: choice,
  CUSTOM_AUTH: custom,
  REFRESH_TOKEN_AUTH: refresh,
  REFRESH_TOKEN: refresh,
}

/** What a client has that names no flows (API reference, CreateUserPoolClient, ExplicitAuthFlows). */
const defaultFlows: readonly ExplicitAuthFlowsType[] = [
  'ALLOW_REFRESH_TOKEN_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_CUSTOM_AUTH',
]

const isAllowed = (flow: Flow, client: AppClient): boolean => {
  const named: readonly ExplicitAuthFlowsType[] = client.settings.ExplicitAuthFlows ?? defaultFlows
  if (named.some((value) => flow.allowedBy.includes(value))) return true
  const isLegacy = named.length > 0 && !named.some((value) => value.startsWith('ALLOW_'))
  return isLegacy && flow.isLegacyDefault && !(flow === srp && named.includes('CUSTOM_AUTH_FLOW_ONLY'))
}

/** Starts a sign-in. Throws a Fault with Amazon's error for a flow that the client hasn't, or that this caller can't start. */
export const initiateAuth = async (
  input: Pick<
    InitiateAuthRequest,
    'AuthFlow' | 'AuthParameters' | 'ClientId' | 'ClientMetadata' | 'Session'
  > &
    GivenContext,
  context: SignInContext,
  starter: Starter,
): Promise<SignInAnswer> => {
  const client = await clientOfPool(input.ClientId ?? '', context.pool)
  const flow = input.AuthFlow === undefined ? undefined : flows[input.AuthFlow]
  if (flow === undefined)
    throw new Fault('InvalidParameterException', `${input.AuthFlow} is not enabled for the client.`)
  if (!flow.startedBy.includes(starter))
    throw new Fault('InvalidParameterException', 'Initiate Auth method not supported.')
  // A client whose refresh tokens rotate is told so by the flow itself, whatever its list of flows says.
  if (flow.start !== signInWithRefreshToken || client.settings.RefreshTokenRotation?.Feature !== 'ENABLED')
    if (!isAllowed(flow, client)) throw new Fault('InvalidParameterException', flow.refusal)
  const request = {
    client,
    pool: (await readPool(context.pool)).value,
    parameters: input.AuthParameters ?? {},
    session: input.Session,
    validationData: input.ClientMetadata,
    context,
  }
  // Who refreshes has signed in before.
  if (flow.start === signInWithRefreshToken) return flow.start(request)
  const about = {
    isCustom: flow === custom,
    given: input,
    ...(flow.start === signInWithPassword ? ({ checks: 'Password' } as const) : {}),
  }
  return watched(request, about, flow.start)
}
