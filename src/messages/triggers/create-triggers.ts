// The Triggers port over a pool's functions: each trigger's event, and what is read from its answer.
import type { TriggerScope, Triggers, TriggerUser } from '../../directory/triggers-port.ts'
import { flagIn, pairsIn } from './answer-fields.ts'
import {
  createChallengeAnswer,
  createChallengeCall,
  defineChallengeAnswer,
  defineChallengeCall,
  verifyChallengeAnswer,
  verifyChallengeCall,
} from './custom-challenge.ts'
import { isInVersion, tokenChangesIn, tokenGenerationCall } from './token-generation.ts'
import {
  attributesInEvent,
  callTrigger,
  type EventRuntime,
  functionIn,
  lambdaConfigOf,
  subjectOf,
  type TriggerCall,
} from './trigger-event.ts'
import { userMigrationAnswer, userMigrationCall } from './user-migration.ts'

export const createTriggers = (runtime: EventRuntime): Triggers => {
  /** The function's `response`; undefined when the pool has no such trigger here. */
  const ask = async (
    scope: TriggerScope,
    call: TriggerCall,
  ): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const target = functionIn(await lambdaConfigOf(scope), call.trigger)
    return target === undefined ? undefined : callTrigger(runtime, scope.poolId, target, call)
  }

  /** A trigger that is only told: its answer must be an event, but nothing of it counts. */
  const tell = async (
    scope: TriggerScope,
    about: TriggerUser,
    call: Pick<TriggerCall, 'trigger' | 'source'> & { readonly request?: object },
  ): Promise<void> => {
    await ask(scope, {
      ...call,
      subject: subjectOf(about),
      request: {
        userAttributes: attributesInEvent(about.user),
        ...call.request,
        clientMetadata: about.clientMetadata,
      },
      response: {},
    })
  }

  const read = <Value>(
    answer: Readonly<Record<string, unknown>> | undefined,
    reader: (answer: Readonly<Record<string, unknown>>) => Value,
  ): Value | undefined => (answer === undefined ? undefined : reader(answer))

  return {
    preSignUp: async (scope, call) => {
      const { source, attributes, validationData, clientMetadata } = call
      const answer = await ask(scope, {
        trigger: 'PreSignUp',
        source,
        subject: call,
        request: { userAttributes: attributes, validationData, clientMetadata },
        response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
      })
      return read(answer, (response) => ({
        autoConfirmUser: flagIn(response, 'autoConfirmUser'),
        autoVerifyEmail: flagIn(response, 'autoVerifyEmail'),
        autoVerifyPhone: flagIn(response, 'autoVerifyPhone'),
      }))
    },
    postConfirmation: (scope, call) =>
      tell(scope, call, { trigger: 'PostConfirmation', source: call.source }),
    preAuthentication: async (scope, call) => {
      const { user, validationData } = call
      await ask(scope, {
        trigger: 'PreAuthentication',
        source: 'Authentication',
        subject: call,
        request: {
          userAttributes: user === undefined ? {} : attributesInEvent(user),
          validationData,
          userNotFound: user === undefined,
        },
        response: {},
      })
    },
    postAuthentication: (scope, call) =>
      tell(scope, call, {
        trigger: 'PostAuthentication',
        source: 'Authentication',
        request: { newDeviceUsed: call.newDeviceUsed },
      }),
    userMigration: async (scope, call) =>
      read(await ask(scope, userMigrationCall(call)), userMigrationAnswer) ?? 'none',
    defineAuthChallenge: async (scope, call) =>
      read(await ask(scope, defineChallengeCall(call)), defineChallengeAnswer),
    createAuthChallenge: async (scope, call) =>
      read(await ask(scope, createChallengeCall(call)), createChallengeAnswer),
    verifyAuthChallengeResponse: async (scope, call) =>
      read(await ask(scope, verifyChallengeCall(call)), verifyChallengeAnswer),
    tokenGeneration: async (scope, call) => {
      const target = functionIn(await lambdaConfigOf(scope), 'PreTokenGeneration')
      if (target === undefined || !isInVersion(target.version, call)) return undefined
      const { version } = target
      return tokenChangesIn(
        version,
        await callTrigger(runtime, scope.poolId, target, tokenGenerationCall(version, call)),
      )
    },
    inboundFederation: async (scope, call) => {
      const { providerName, providerType, attributes } = call
      const answer = await ask(scope, {
        trigger: 'InboundFederation',
        source: 'ExternalProvider',
        subject: call,
        request: { providerName, providerType, attributes },
        response: { userAttributesToMap: null },
      })
      return read(answer, (response) => pairsIn(response, 'userAttributesToMap'))
    },
  }
}
