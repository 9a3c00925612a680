// The wire as AWS's own clients see it: signatures, decoding, constraints, errors, limits. The service behind it is a small one of the test's.
import { createServer, request as httpRequest } from 'node:http'
import {
  AdminCreateUserCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  InitiateAuthCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { CreateKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '../../src/telemetry/log.ts'
import { createInputChecker } from '../../src/wire/check-shape.ts'
import { clientAddressBehind } from '../../src/wire/client-address.ts'
import { createDispatcher } from '../../src/wire/dispatch.ts'
import { createOutputEncoder } from '../../src/wire/encode-output.ts'
import { Fault } from '../../src/wire/fault.ts'
import { type Listener, startListener } from '../../src/wire/listener.ts'
import { loadModel } from '../../src/wire/model.ts'
import type { Invocation, Service } from '../../src/wire/service.ts'

const region = 'us-east-1'
const account = '000000000000'
const credentials = { accessKeyId: 'AKIDWIRETEST', secretAccessKey: 'a secret of the test' }
let nowMs: number | undefined
let last: Invocation | undefined
let failures = 0
class Retry extends Error {}

const answers: Readonly<Record<string, (invocation: Invocation) => unknown>> = {
  CreateGroup: ({ input }) => ({
    Group: { ...(input as object), CreationDate: new Date(1_234_567) },
    Unknown: 1,
  }),
  DescribeUserPool: () => {
    throw new Fault('ResourceNotFoundException', 'User pool x does not exist.')
  },
  ListUsers: () => {
    throw new Error('the secret reason')
  },
  InitiateAuth: () => {
    if (failures-- > 0) throw new Retry()
    return {}
  },
  SignUp: ({ caller }) => ({ UserSub: caller === undefined ? 'nobody' : 'somebody' }),
  GetUser: () => {
    throw new Fault('InvalidParameterException', 'why', { details: { reasonCode: 'code' } })
  },
  CreateUserPool: () => undefined,
  CreateUserPoolClient: () => undefined,
  AdminCreateUser: () => undefined,
  Encrypt: ({ input }) => ({
    CiphertextBlob: Buffer.from((input as { Plaintext: Uint8Array }).Plaintext).reverse(),
  }),
  CreateKey: () => ({}),
}
const service = (name: 'cognito-idp' | 'kms'): Service => ({
  model: loadModel(name),
  isBuilt: (operation) => operation in answers,
  invoke: async (invocation) => {
    last = invocation
    return answers[invocation.operation]?.(invocation)
  },
})

let listener: Listener
let endpoint: string
let cognito: CognitoIdentityProviderClient
let kms: KMSClient
const clientWith = (override: object): CognitoIdentityProviderClient =>
  new CognitoIdentityProviderClient({ region, endpoint, credentials, maxAttempts: 1, ...override })

beforeAll(async () => {
  listener = await startListener({
    host: '127.0.0.1',
    port: 0,
    dispatcher: createDispatcher({
      services: [service('cognito-idp'), service('kms')],
      credentials: (id) =>
        id === credentials.accessKeyId
          ? { ...credentials, caller: { kind: 'account', account, arn: `arn:aws:iam::${account}:root` } }
          : undefined,
      region,
      clock: { now: () => nowMs ?? Date.now() },
      log: createLogger({ level: 'silent' }),
      clientAddress: clientAddressBehind([]),
      isRetryable: (error) => error instanceof Retry,
    }),
    fallback: async (_request, response) => {
      response.writeHead(404).end()
    },
  })
  endpoint = `http://127.0.0.1:${listener.port}`
  cognito = clientWith({})
  kms = new KMSClient({ region, endpoint, credentials, maxAttempts: 1 })
})

afterAll(() => listener.close())

const post = (
  headers: Record<string, string>,
  body: string | Buffer,
): Promise<{ status: number; body: Record<string, unknown>; headers: Record<string, unknown> }> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest(endpoint, { method: 'POST', headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += String(chunk)
      resolve({
        status: response.statusCode ?? 0,
        body: JSON.parse(text) as Record<string, unknown>,
        headers: response.headers,
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
const target = (operation: string) => ({
  'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
  'content-type': 'application/x-amz-json-1.1',
})

test('a rightly signed request reaches its operation with its caller, and its answer comes back in the SDK’s types', async () => {
  const answer = await cognito.send(
    new CreateGroupCommand({ UserPoolId: 'us-east-1_x', GroupName: 'g', Precedence: 3 }),
  )
  expect(answer.Group).toEqual({
    UserPoolId: 'us-east-1_x',
    GroupName: 'g',
    Precedence: 3,
    CreationDate: new Date(1_234_567),
  })
  expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
  expect(last?.caller).toMatchObject({ kind: 'account', account, accessKeyId: credentials.accessKeyId })
})

test('blobs travel both ways', async () => {
  const answer = await kms.send(new EncryptCommand({ KeyId: 'k', Plaintext: Buffer.from('abc') }))
  expect(Buffer.from(answer.CiphertextBlob ?? []).toString()).toBe('cba')
})

test.each([
  [
    'a wrong secret',
    { credentials: { ...credentials, secretAccessKey: 'another' } },
    'InvalidSignatureException',
    /does not match the signature/,
  ],
  [
    'an unknown access key',
    { credentials: { ...credentials, accessKeyId: 'AKIDNOBODY' } },
    'UnrecognizedClientException',
    /security token/,
  ],
  ['another Region’s scope', { region: 'eu-west-1' }, 'InvalidSignatureException', /valid region/],
])('%s is refused', async (_what, override, name, message) => {
  await expect(
    clientWith(override).send(new CreateGroupCommand({ UserPoolId: 'us-east-1_x', GroupName: 'g' })),
  ).rejects.toMatchObject({ name, message: expect.stringMatching(message) })
})

test('a scope of another day than the signature’s is refused', async () => {
  const client = clientWith({})
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers.authorization = headers.authorization?.replace(/\/\d{8}\//, '/20110909/') ?? ''
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await expect(
    client.send(new CreateGroupCommand({ UserPoolId: 'us-east-1_x', GroupName: 'g' })),
  ).rejects.toMatchObject({
    name: 'InvalidSignatureException',
    message: expect.stringMatching(
      /^Date in Credential scope does not match .*: '20110909' != '20\d{6}', from '/,
    ),
  })
})

test('a signature older or newer than five minutes is refused', async () => {
  const send = () =>
    clientWith({}).send(new CreateGroupCommand({ UserPoolId: 'us-east-1_x', GroupName: 'g' }))
  nowMs = Date.now() + 301_000
  await expect(send()).rejects.toMatchObject({
    name: 'InvalidSignatureException',
    message: expect.stringMatching(/^Signature expired/),
  })
  nowMs = Date.now() - 400_000
  await expect(send()).rejects.toMatchObject({ message: expect.stringMatching(/^Signature not yet current/) })
  nowMs = undefined
})

test('a body changed on the way is refused', async () => {
  const client = clientWith({})
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body: Uint8Array }
      request.body = Buffer.from(Buffer.from(request.body).toString().replace('"g"', '"h"'))
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await expect(
    client.send(new CreateGroupCommand({ UserPoolId: 'us-east-1_x', GroupName: 'g' })),
  ).rejects.toMatchObject({ name: 'InvalidSignatureException' })
})

test('an operation that needs no signature runs without one, and one that does is refused', async () => {
  expect(
    await post(target('SignUp'), JSON.stringify({ ClientId: 'abc', Username: 'u', Password: 'p' })),
  ).toMatchObject({ status: 200, body: { UserSub: 'nobody' } })
  expect(await post(target('CreateGroup'), '{}')).toMatchObject({
    status: 400,
    body: { __type: 'MissingAuthenticationTokenException' },
  })
  expect(
    await post({ ...target('CreateGroup'), authorization: 'AWS4-HMAC-SHA256 nonsense' }, '{}'),
  ).toMatchObject({ body: { __type: 'IncompleteSignatureException' } })
})

test('every answer carries a request ID, an error its name and message', async () => {
  const answer = await post(target('CreateGroup'), '{}')
  expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
  expect(answer.headers['x-amzn-errortype']).toBe('MissingAuthenticationTokenException')
  expect(answer.headers['x-amzn-errormessage']).toBe((answer.body as { message?: string }).message)
  expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1')
})

test.each([
  ['malformed JSON', '{"ClientId":', 400, 'SerializationException'],
  ['a string for a structure', '"text"', 400, 'SerializationException'],
  ['a number for a string', '{"ClientId":5,"Username":"u"}', 400, 'SerializationException'],
  ['an oversized body', Buffer.alloc(3 * 1024 * 1024 + 1, 32), 413, 'RequestEntityTooLargeException'],
])('%s is refused', async (_what, body, status, type) => {
  expect(await post(target('SignUp'), body)).toMatchObject({ status, body: { __type: type } })
})

test('a body that turns out too large on the way is refused', async () => {
  const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const headers = { ...target('SignUp'), 'transfer-encoding': 'chunked' }
    const outgoing = httpRequest(endpoint, { method: 'POST', headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += String(chunk)
      resolve({ status: response.statusCode, text })
      outgoing.destroy()
    })
    outgoing.on('error', reject)
    outgoing.write(Buffer.alloc(3 * 1024 * 1024, 32))
    outgoing.write('  ')
  })
  expect(answer).toMatchObject({
    status: 413,
    text: expect.stringContaining('RequestEntityTooLargeException'),
  })
})

test('a request that ends before its body leaves the Region serving', async () => {
  const outgoing = httpRequest(endpoint, {
    method: 'POST',
    headers: { ...target('SignUp'), 'content-length': 100 },
  })
  const ended = new Promise((resolve) => outgoing.on('error', resolve))
  outgoing.write('{"ClientId":', () => outgoing.destroy())
  await ended
  expect(await post(target('SignUp'), '{')).toMatchObject({ status: 400 })
})

test('an unknown target, an unknown operation and one that is not built are told apart', async () => {
  expect(await post({ 'x-amz-target': 'Nobody.SignUp' }, '{}')).toMatchObject({
    status: 400,
    body: { __type: 'UnknownOperationException' },
  })
  expect(await post(target('Nothing'), '{}')).toMatchObject({
    status: 400,
    body: { __type: 'UnknownOperationException' },
  })
  expect(await post(target('constructor'), '{}')).toMatchObject({
    status: 400,
    body: { __type: 'UnknownOperationException' },
  })
  const unbuilt = await post(target('ForgotPassword'), '{}')
  expect(unbuilt).toMatchObject({ status: 501, body: { message: expect.stringContaining('ForgotPassword') } })
})

test.each([
  [
    { Username: 'u' },
    "1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null",
  ],
  [
    { UserPoolId: 'us-east-1_x' },
    "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must not be null",
  ],
  [
    { UserPoolId: 'bad id', Username: 'u' },
    "Value 'bad id' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w-]+_[0-9a-zA-Z]+",
  ],
  [
    { UserPoolId: 'us-east-1_x', Username: 'u'.repeat(129) },
    "Value at 'username' failed to satisfy constraint: Member must have length less than or equal to 128",
  ],
  [
    { UserPoolId: 'us-east-1_x', Username: '' },
    "Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
  [
    { UserPoolId: 'us-east-1_x', Username: 'u', MessageAction: 'NEVER' },
    "Value 'NEVER' at 'messageAction' failed to satisfy constraint: Member must satisfy enum value set: [RESEND, SUPPRESS]",
  ],
  [
    { UserPoolId: 'us-east-1_x', Username: 'u', UserAttributes: [{ Name: 'a' }, { Value: 'v' }] },
    "Value null at 'userAttributes.2.member.name' failed to satisfy constraint: Member must not be null",
  ],
])('%j is refused in AWS’s words', async (input, words) => {
  await expect(cognito.send(new AdminCreateUserCommand(input as never))).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringContaining(words),
  })
})

test.each([
  [
    { UserPoolId: 'us-east-1_x', ClientName: 'c', AllowedOAuthFlows: ['code', 'token'] },
    "1 validation error detected: Value '[code, token]' at 'allowedOAuthFlows' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [code, implicit, client_credentials]]",
  ],
  [
    { UserPoolId: 'us-east-1_x', ClientName: 'c', CallbackURLs: ['https://a.example', ' '] },
    "1 validation error detected: Value '[https://a.example,  ]' at 'callbackURLs' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+]",
  ],
])('of a list, every constraint of what it holds is told: %j', async (input, message) => {
  await expect(cognito.send(new CreateUserPoolClientCommand(input as never))).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message,
  })
})

test.each([
  [
    { '': 'v' },
    "Value '{=v}' at 'userPoolTags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
  ],
  [
    { k: 'v'.repeat(257) },
    `Value '{k=${'v'.repeat(257)}}' at 'userPoolTags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]`,
  ],
  [
    { k: 'v'.repeat(5_000) },
    "Value at 'userPoolTags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]",
  ],
])(
  'of a map, every constraint of its keys or values is told, and what it holds unless that is long',
  async (UserPoolTags, words) => {
    await expect(
      cognito.send(new CreateUserPoolCommand({ PoolName: 'p', UserPoolTags })),
    ).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `1 validation error detected: ${words}`,
    })
  },
)

test('several broken constraints are told together, and a number out of range too', async () => {
  await expect(cognito.send(new ListUsersCommand({ UserPoolId: 'bad id', Limit: 61 }))).rejects.toMatchObject(
    {
      message: expect.stringMatching(
        /^2 validation errors detected: .*; Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60|^2 validation errors detected: Value '61' at 'limit'/,
      ),
    },
  )
})

test('KMS refuses constraints under its own name', async () => {
  await expect(kms.send(new CreateKeyCommand({ KeyUsage: 'NOTHING' as never }))).rejects.toMatchObject({
    name: 'ValidationException',
  })
})

test('a password never stands in an error', async () => {
  const answer = await post(
    target('SignUp'),
    JSON.stringify({ ClientId: 'abc', Username: 'u', Password: 'secret word' }),
  )
  expect(JSON.stringify(answer.body)).not.toContain('secret word')
  expect(answer.body.message).toContain("Value at 'password'")
})

test('a Fault reaches the SDK by its name, with its details', async () => {
  await expect(
    cognito.send(new DescribeUserPoolCommand({ UserPoolId: 'us-east-1_x' })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await expect(cognito.send(new GetUserCommand({ AccessToken: 'a.b.c' }))).rejects.toMatchObject({
    name: 'InvalidParameterException',
    reasonCode: 'code',
  })
})

test('an unexpected failure is an internal error that tells nothing', async () => {
  const failed = await cognito
    .send(new ListUsersCommand({ UserPoolId: 'us-east-1_x' }))
    .catch((error: unknown) => error)
  expect(failed).toMatchObject({ name: 'InternalErrorException', $metadata: { httpStatusCode: 500 } })
  expect(String(failed)).not.toContain('secret reason')
})

test('an operation that met a conflict runs again, and gives up in the end', async () => {
  const send = () => cognito.send(new InitiateAuthCommand({ ClientId: 'abc', AuthFlow: 'USER_SRP_AUTH' }))
  failures = 3
  await expect(send()).resolves.toBeDefined()
  failures = 100
  await expect(send()).rejects.toMatchObject({ name: 'TooManyRequestsException' })
})

test('browsers of any origin are let in', async () => {
  const answer = await fetch(endpoint, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-headers': 'x-amz-target' },
  })
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('access-control-allow-headers')).toContain('x-amz-target')
})

test('a port that is taken is told', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  await expect(
    startListener({
      host: '127.0.0.1',
      port,
      dispatcher: { handle: async () => {} },
      fallback: async () => {},
    }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' })
  other.close()
})

test.each(['cognito-idp', 'kms'] as const)(
  'every operation of %s checks any JSON without another error than a Fault',
  (name) => {
    const model = loadModel(name)
    const check = createInputChecker(model)
    const encode = createOutputEncoder(model)
    for (const { input, output } of Object.values(model.operations)) {
      if (output !== null) expect(encode(output, {})).toEqual({})
      if (input === null) continue
      const members = Object.keys(model.shapes[input]?.members ?? {})
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom('x', ...members), fc.jsonValue()), (body) => {
          try {
            check(input, body)
          } catch (error) {
            if (!(error instanceof Fault)) throw error
          }
        }),
        { numRuns: 30 },
      )
    }
  },
)
