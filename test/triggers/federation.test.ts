// What functions hear of users from identity providers: the events, by the port that federation uses.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type RegionalSettings, regionalSettings } from '../../src/directory/records/user-pool.ts'
import type { TriggerScope, Triggers } from '../../src/directory/triggers-port.ts'
import { createFunctionCaller } from '../../src/messages/triggers/call-function.ts'
import { createTriggers } from '../../src/messages/triggers/create-triggers.ts'
import { createLambdaEndpoint } from '../../src/messages/triggers/lambda-endpoint.ts'
import { functionArn, type LambdaEndpoint, startLambdaEndpoint } from '../support/lambda-endpoint.ts'

let lambda: LambdaEndpoint
let triggers: Triggers
const caller = () =>
  createFunctionCaller([
    createLambdaEndpoint({
      endpoint: lambda.origin,
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    }),
  ])

/** A pool with these settings and nothing else. */
const poolWith = (lambdaConfig: RegionalSettings['lambda']): TriggerScope => ({
  poolId: 'us-east-1_x',
  records: {
    get: (collection) =>
      Promise.resolve(
        collection.name === regionalSettings.name
          ? ({
              key: '',
              version: 1,
              value: { poolId: 'us-east-1_x', tags: {}, lambda: lambdaConfig },
            } as never)
          : undefined,
      ),
  },
})

beforeAll(async () => {
  lambda = await startLambdaEndpoint()
  triggers = createTriggers({ region: 'us-west-2', caller: caller() })
})
afterAll(() => lambda.close())
beforeEach(() => lambda.clear())

const call = {
  username: 'Corp_ana',
  clientId: 'app',
  providerName: 'Corp',
  providerType: 'OIDC',
  attributes: { idToken: { email: 'ana@example.com', employee: 7 } },
}

it('InboundFederation gets what the provider said and names the attributes to keep', async () => {
  lambda.define('f', (event) => ({
    ...event,
    response: { userAttributesToMap: { email: 'ana@example.com', 'custom:employee': 7, nickname: null } },
  }))
  const pool = poolWith({ InboundFederation: { LambdaArn: functionArn('f'), LambdaVersion: 'V1_0' } })
  expect(await triggers.inboundFederation(pool, call)).toEqual({
    email: 'ana@example.com',
    'custom:employee': '7',
  })
  expect(lambda.calls[0]?.event).toEqual({
    version: '1',
    triggerSource: 'InboundFederation_ExternalProvider',
    region: 'us-west-2',
    userPoolId: 'us-east-1_x',
    userName: 'Corp_ana',
    callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: 'app' },
    request: { providerName: 'Corp', providerType: 'OIDC', attributes: call.attributes },
    response: { userAttributesToMap: null },
  })
})

it('PreSignUp hears of a user’s first federated sign-in as of an external provider', async () => {
  lambda.define('f', (event) => ({ ...event, response: { autoConfirmUser: 'true' } }))
  const answer = await triggers.preSignUp(poolWith({ PreSignUp: functionArn('f') }), {
    source: 'ExternalProvider',
    username: 'Corp_ana',
    clientId: 'app',
    attributes: { email: 'ana@example.com' },
  })
  expect(answer).toEqual({ autoConfirmUser: true, autoVerifyEmail: false, autoVerifyPhone: false })
  expect(lambda.calls[0]?.event.triggerSource).toBe('PreSignUp_ExternalProvider')
})

it('a pool without the trigger asks nobody', async () => {
  expect(await triggers.inboundFederation(poolWith(undefined), call)).toBeUndefined()
  expect(lambda.calls).toEqual([])
})
