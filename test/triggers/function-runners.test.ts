// How functions are run: from a folder, over the Invoke API, within their time, and in Amazon's words when they fail.
import { afterEach, describe, expect, it } from 'vitest'
import { createFunctionCaller } from '../../src/messages/triggers/call-function.ts'
import { functionNameOf } from '../../src/messages/triggers/function-runner.ts'
import { createFunctionsFolder } from '../../src/messages/triggers/functions-folder.ts'
import { createLambdaEndpoint } from '../../src/messages/triggers/lambda-endpoint.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { makeFunctionsFolder } from '../support/functions-folder.ts'
import { functionArn, startLambdaEndpoint } from '../support/lambda-endpoint.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

const startFolder = (timeLimitMs = 5_000) => {
  const folder = makeFunctionsFolder()
  const runner = createFunctionsFolder({
    folder: folder.path,
    region: 'us-east-1',
    environment: { TWINPOOL_ROOT_KEY: 'secret', OWN_SETTING: 'own' },
    clock: systemClock,
    random: systemRandom,
    timeLimitMs,
  })
  const caller = createFunctionCaller([runner], timeLimitMs)
  endings.push(
    () => folder.remove(),
    () => caller.close(),
  )
  const call = (name: string, event: object = {}) => caller.call('PreSignUp', functionArn(name), event)
  return { folder, call }
}

describe('a function in a folder', () => {
  it.each([
    ['an ES module', 'f.mjs', 'export const handler = async (event) => ({ got: event.n })'],
    ['CommonJS', 'f.js', 'exports.handler = async (event) => ({ got: event.n })'],
    ['TypeScript', 'f.ts', 'export const handler = async (event: { n: number }) => ({ got: event.n })'],
    [
      'a callback',
      'f.js',
      'exports.handler = (event, context, callback) => callback(null, { got: event.n })',
    ],
    [
      'context.done',
      'f.js',
      'exports.handler = (event, context) => { context.done(null, { got: event.n }) }',
    ],
    ['no promise', 'f.mjs', 'export const handler = (event) => ({ got: event.n })'],
  ])('is written as %s', async (_, file, source) => {
    const { folder, call } = startFolder()
    folder.write(file, source)
    expect(await call('f', { n: 7 })).toEqual({ got: 7 })
  })

  it('gets a context as Lambda’s, and the environment without what is Twinpool’s', async () => {
    const { folder, call } = startFolder()
    folder.write(
      'f',
      `export const handler = async (_, context) => ({
        ...context,
        remainingMs: context.getRemainingTimeInMillis(),
        env: [process.env.OWN_SETTING, process.env.TWINPOOL_ROOT_KEY, process.env.AWS_LAMBDA_FUNCTION_NAME],
      })`,
    )
    const shown = await call('f:live')
    expect(shown).toMatchObject({
      functionName: 'f',
      functionVersion: 'live',
      invokedFunctionArn: functionArn('f:live'),
      env: ['own', null, 'f'],
    })
    expect(shown.remainingMs).toBeGreaterThan(4_000)
  })

  it('stays warm between calls, and is loaded anew when its file has changed', async () => {
    const { folder, call } = startFolder()
    folder.write('f', 'let n = 0; export const handler = async () => ({ version: 1, n: ++n })')
    expect(await call('f')).toEqual({ version: 1, n: 1 })
    expect(await call('f')).toEqual({ version: 1, n: 2 })
    folder.write('f', 'let n = 0; export const handler = async () => ({ version: 2, n: ++n })')
    expect(await call('f')).toEqual({ version: 2, n: 1 })
  })

  it.each([
    ['throws', 'export const handler = async () => { throw new Error("No entry") }', 'No entry'],
    ['throws a text', 'export const handler = async () => { throw "No entry" }', 'No entry'],
    ['calls back with a text', 'export const handler = (e, c, done) => done("No entry")', 'No entry'],
    ['exports no handler', 'export const other = 1', 'the function exports no handler'],
    [
      'exits',
      'export const handler = async () => process.exit(1)',
      'Process exited before completing request',
    ],
    [
      'throws later',
      'export const handler = (e, c, done) => setTimeout(() => { throw new Error("late") })',
      'late',
    ],
  ])(
    'that %s is UserLambdaValidationException, and the next call finds it again',
    async (_, source, message) => {
      const { folder, call } = startFolder()
      folder.write('f', source)
      const failure = {
        code: 'UserLambdaValidationException',
        message: `PreSignUp failed with error ${message}.`,
      }
      await expect(call('f')).rejects.toMatchObject(failure)
      await expect(call('f')).rejects.toMatchObject(failure)
      folder.write('f', 'export const handler = async () => ({ ok: true })')
      expect(await call('f')).toEqual({ ok: true })
    },
  )

  it('that loops without end is tried three times and given up, and holds up nobody else', async () => {
    const { folder, call } = startFolder(250)
    folder.write('good', 'export const handler = async () => ({ ok: true })')
    expect(await call('good')).toEqual({ ok: true })
    folder.write('f', 'export const handler = async () => { for (;;); }')
    const looping = call('f')
    expect(await call('good')).toEqual({ ok: true })
    await expect(looping).rejects.toMatchObject({
      code: 'UnexpectedLambdaException',
      message: 'PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.',
    })
  })

  it('that is not there is UnexpectedLambdaException, and so is a name that leads out of the folder', async () => {
    const { call } = startFolder()
    await expect(call('missing')).rejects.toMatchObject({
      code: 'UnexpectedLambdaException',
      message: 'PreSignUp invocation failed due to error ResourceNotFoundException.',
    })
    await expect(call('../other')).rejects.toMatchObject({ code: 'UnexpectedLambdaException' })
  })
})

describe('a function at an endpoint', () => {
  it('is given up after three attempts within the time, counted', async () => {
    const lambda = await startLambdaEndpoint()
    const runner = createLambdaEndpoint({
      endpoint: lambda.origin,
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    })
    const caller = createFunctionCaller([runner], 600)
    endings.push(
      () => lambda.close(),
      () => caller.close(),
    )
    lambda.define('slow', () => new Promise(() => {}))
    await expect(caller.call('CustomMessage', functionArn('slow'), {})).rejects.toMatchObject({
      code: 'UnexpectedLambdaException',
      message: 'CustomMessage invocation failed due to error Socket timeout while invoking Lambda function.',
    })
    expect(lambda.calls).toHaveLength(3)
    lambda.define('slow', (event) => ({ event }))
    expect(await caller.call('CustomMessage', functionArn('slow', 'eu-west-1'), { a: 1 })).toEqual({
      event: { a: 1 },
    })
    expect(lambda.calls[3]?.authorization).toContain('/eu-west-1/lambda/')
  })

  it('that can’t be reached says so', async () => {
    const lambda = await startLambdaEndpoint()
    await lambda.close()
    const caller = createFunctionCaller([
      createLambdaEndpoint({
        endpoint: lambda.origin,
        credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
      }),
    ])
    endings.push(() => caller.close())
    await expect(caller.call('PreSignUp', functionArn('f'), {})).rejects.toMatchObject({
      code: 'UnexpectedLambdaException',
      message: 'PreSignUp invocation failed due to error ECONNREFUSED.',
    })
  })
})

it('a Region with nowhere to run functions says what to configure', async () => {
  await expect(createFunctionCaller([]).call('PreSignUp', functionArn('f'), {})).rejects.toMatchObject({
    code: 'UnexpectedLambdaException',
    message: expect.stringMatching(/--functions <folder> or --lambda-endpoint <URL>/) as string,
  })
})

it.each([
  ['arn:aws:lambda:us-east-1:000000000000:function:f', 'us-east-1', 'f', undefined],
  ['arn:aws:lambda:eu-west-1:000000000000:function:my_f-1:live', 'eu-west-1', 'my_f-1', 'live'],
  ['arn:aws-cn:lambda:cn-north-1:000000000000:function:f:$LATEST', 'cn-north-1', 'f', '$LATEST'],
  ['arn:aws:lambda:us-east-1:000000000000:function:f:12', 'us-east-1', 'f', '12'],
])('reads the ARN %s', (arn, region, name, qualifier) => {
  expect(functionNameOf(arn)).toEqual({ region, name, qualifier })
})
