// `twinpool start` with functions, as a developer meets it: a folder first, then an endpoint for what the folder hasn't.
import { rmSync } from 'node:fs'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterEach, expect, it } from 'vitest'
import { newFolder, runCommand } from '../cli/support/command.ts'
import { makeFunctionsFolder } from '../support/functions-folder.ts'
import { functionArn, startLambdaEndpoint } from '../support/lambda-endpoint.ts'
import { password } from '../support/trigger-pool.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

it('runs functions from the folder and at the endpoint that it is told, signed with the key it is told', async () => {
  const lambda = await startLambdaEndpoint()
  const functions = makeFunctionsFolder()
  const data = newFolder()
  endings.push(
    () => rmSync(data, { recursive: true, force: true }),
    () => functions.remove(),
    () => lambda.close(),
  )
  functions.write(
    'confirm',
    'export const handler = async (e) => ({ ...e, response: { autoConfirmUser: true } })',
  )
  lambda.define('told', (event) => event)

  const words = ['--regions', 'us-east-1', '--port', '0', '--data', data, '--json']
  const command = runCommand(
    'start',
    ...words,
    '--access-key',
    'AKIATESTTESTTESTTEST:only-for-this-test',
    '--functions',
    functions.path,
    '--lambda-endpoint',
    lambda.origin,
    '--lambda-access-key',
    'LAMBDAKEY:its-own-secret',
  )
  endings.push(async () => {
    command.child.kill('SIGTERM')
    await command.ended
  })
  const { router } = JSON.parse(await command.firstLine()) as { router: string }
  const cognito = new CognitoIdentityProviderClient({
    region: 'us-east-1',
    endpoint: router,
    credentials: { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'only-for-this-test' },
  })
  endings.push(() => cognito.destroy())
  const { UserPool } = await cognito.send(
    new CreateUserPoolCommand({
      PoolName: 'triggers',
      LambdaConfig: { PreSignUp: functionArn('confirm'), PostConfirmation: functionArn('told') },
    }),
  )
  const { UserPoolClient } = await cognito.send(
    new CreateUserPoolClientCommand({ UserPoolId: UserPool?.Id, ClientName: 'app' }),
  )
  const { UserConfirmed } = await cognito.send(
    new SignUpCommand({ ClientId: UserPoolClient?.ClientId, Username: 'ana', Password: password }),
  )
  expect(UserConfirmed).toBe(true)
  expect(lambda.calls.map(({ event }) => event.triggerSource)).toEqual(['PostConfirmation_ConfirmSignUp'])
  expect(lambda.calls[0]?.authorization).toContain('Credential=LAMBDAKEY/')
}, 30_000)

it.each([
  ['--functions', '/nowhere/at/all', '--functions: there is no such folder.'],
  ['--lambda-endpoint', 'nonsense', '--lambda-endpoint: give it as a URL, or aws.'],
  ['--lambda-access-key', 'nonsense', '--lambda-access-key: give it as ID:SECRET'],
])('says what is wrong with %s %s', async (flag, value, message) => {
  const { exitCode, errors } = await runCommand('start', flag, value).ended
  expect(exitCode).toBe(2)
  expect(errors).toContain(message)
})
