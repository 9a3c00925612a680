// A Region that was given nowhere to run functions.
import { SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { functionArn } from '../support/lambda-endpoint.ts'
import { startRegions, type TestRegions } from '../support/regions.ts'
import { makeTriggerPool, password } from '../support/trigger-pool.ts'

let regions: TestRegions
beforeAll(async () => {
  regions = await startRegions(['us-east-1'])
})
afterAll(() => regions.close())

it.each([
  ['PreSignUp', { PreSignUp: functionArn('f') }],
  [
    'CustomEmailSender',
    {
      CustomEmailSender: { LambdaArn: functionArn('f'), LambdaVersion: 'V1_0' as const },
      KMSKeyID: 'arn:aws:kms:us-east-1:000000000000:key/none',
    },
  ],
])('answers for a pool with %s what to configure', async (trigger, lambdaConfig) => {
  const cognito = regions.cognito('us-east-1')
  const { clientId } = await makeTriggerPool(cognito, lambdaConfig)
  const signUp = new SignUpCommand({
    ClientId: clientId,
    Username: 'ana',
    Password: password,
    UserAttributes: [{ Name: 'email', Value: 'ana@example.com' }],
  })
  await expect(cognito.send(signUp)).rejects.toMatchObject({
    name: 'UnexpectedLambdaException',
    message: `${trigger} invocation failed due to configuration. This Region has nowhere to run Lambda functions: start it with --functions <folder> or --lambda-endpoint <URL>.`,
  })
})
