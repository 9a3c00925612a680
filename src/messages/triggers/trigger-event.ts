// The event that every trigger's function gets, and which function of a pool's LambdaConfig gets it.
import type { LambdaConfigType } from '@aws-sdk/client-cognito-identity-provider'
import { regionalSettings } from '../../directory/records/user-pool.ts'
import type { TriggerScope, TriggerSubject, TriggerUser } from '../../directory/triggers-port.ts'
import { type FunctionCaller, unrecognizable } from './call-function.ts'

/** Where LambdaConfig names the function of each trigger, and with which version of its event. */
const functions = {
  PreSignUp: ({ PreSignUp }) => ({ LambdaArn: PreSignUp }),
  PostConfirmation: ({ PostConfirmation }) => ({ LambdaArn: PostConfirmation }),
  PreAuthentication: ({ PreAuthentication }) => ({ LambdaArn: PreAuthentication }),
  PostAuthentication: ({ PostAuthentication }) => ({ LambdaArn: PostAuthentication }),
  CustomMessage: ({ CustomMessage }) => ({ LambdaArn: CustomMessage }),
  DefineAuthChallenge: ({ DefineAuthChallenge }) => ({ LambdaArn: DefineAuthChallenge }),
  CreateAuthChallenge: ({ CreateAuthChallenge }) => ({ LambdaArn: CreateAuthChallenge }),
  VerifyAuthChallengeResponse: ({ VerifyAuthChallengeResponse }) => ({
    LambdaArn: VerifyAuthChallengeResponse,
  }),
  UserMigration: ({ UserMigration }) => ({ LambdaArn: UserMigration }),
  PreTokenGeneration: ({ PreTokenGeneration, PreTokenGenerationConfig }) =>
    PreTokenGenerationConfig ?? { LambdaArn: PreTokenGeneration },
  CustomSMSSender: ({ CustomSMSSender }) => ({ LambdaArn: CustomSMSSender?.LambdaArn }),
  CustomEmailSender: ({ CustomEmailSender }) => ({ LambdaArn: CustomEmailSender?.LambdaArn }),
  InboundFederation: ({ InboundFederation }) => ({ LambdaArn: InboundFederation?.LambdaArn }),
} as const satisfies Record<
  string,
  (config: LambdaConfigType) => { readonly LambdaArn?: string; readonly LambdaVersion?: string }
>

export type TriggerName = keyof typeof functions

/** `V2_0` is event version 2. */
const eventVersion = (lambdaVersion: string | undefined): string =>
  /^V(\d+)_0$/.exec(lambdaVersion ?? 'V1_0')?.[1] ?? '1'

export type TriggerFunction = { readonly arn: string; readonly version: string }

/** This Region's settings decide: a replica has triggers of its own (spec/replication.md, "What travels"). */
export const lambdaConfigOf = (scope: TriggerScope): Promise<LambdaConfigType> => {
  const known = configs.get(scope)
  if (known !== undefined) return known
  const reading = readConfig(scope)
  configs.set(scope, reading)
  return reading
}

/** A scope belongs to one request: what it read first holds for all of its triggers, and a sign-in reads once. */
const configs = new WeakMap<TriggerScope, Promise<LambdaConfigType>>()

const readConfig = async ({ poolId, records }: TriggerScope): Promise<LambdaConfigType> =>
  (await records.get(regionalSettings, poolId))?.value.lambda ?? {}

export const functionIn = (config: LambdaConfigType, trigger: TriggerName): TriggerFunction | undefined => {
  const named: { readonly LambdaArn?: string; readonly LambdaVersion?: string } = functions[trigger](config)
  return named.LambdaArn === undefined
    ? undefined
    : { arn: named.LambdaArn, version: eventVersion(named.LambdaVersion) }
}

export type TriggerCall = {
  readonly trigger: TriggerName
  /** The part of triggerSource after the underscore. */
  readonly source: string
  readonly subject: TriggerSubject
  /** Members that are undefined stay out of the event. */
  readonly request: object
  /** The members that the function fills in. */
  readonly response: object
}

/** triggerSource begins with the trigger's name but for this one. */
const sourceNames: Partial<Record<TriggerName, string>> = { PreTokenGeneration: 'TokenGeneration' }

export type EventRuntime = { readonly region: string; readonly caller: FunctionCaller }

/** What the function of an event's `response` says. Rejects with the Faults that the Triggers port names. */
export const callTrigger = async (
  { region, caller }: EventRuntime,
  poolId: string,
  { arn, version }: TriggerFunction,
  { trigger, source, subject, request, response }: TriggerCall,
): Promise<Readonly<Record<string, unknown>>> => {
  const answer = await caller.call(trigger, arn, {
    version,
    triggerSource: `${sourceNames[trigger] ?? trigger}_${source}`,
    region,
    userPoolId: poolId,
    userName: subject.username,
    callerContext: {
      awsSdkVersion: 'aws-sdk-unknown-unknown',
      clientId: subject.clientId ?? 'CLIENT_ID_NOT_APPLICABLE',
    },
    request,
    response,
  })
  const returned = answer.response
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned)) throw unrecognizable()
  return returned as Readonly<Record<string, unknown>>
}

/** The attributes of a user as events show them. */
export const attributesInEvent = ({
  attributes,
  status,
}: TriggerUser['user']): Readonly<Record<string, string>> => ({
  ...attributes,
  'cognito:user_status': status,
})

export const subjectOf = ({ user, clientId, clientMetadata }: TriggerUser): TriggerSubject => ({
  username: user.username,
  clientId,
  clientMetadata,
})
