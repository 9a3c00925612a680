// Where the router sends requests, seen from outside, with small servers in the place of Regions.

import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RunningRouter, startRouter } from '../../src/routing/start-router.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { type Echo, type FakeRegion, startFakeRegion } from './support/fake-region.ts'

const routerToken = 'the router token'
const pool = 'us-east-1_Ab12Cd34E'
const scope = (region: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261123/${region}/cognito-idp/aws4_request, SignedHeaders=host, Signature=00`

type Answer = {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

let east: FakeRegion
let west: FakeRegion
let router: RunningRouter

const send = (options: {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: router.port,
        method: options.method ?? 'POST',
        path: options.path ?? '/',
        headers: { ...options.headers },
      },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(options.body)
  })

const signIn = (): Promise<Answer> =>
  send({
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    },
    body: JSON.stringify({ ClientId: 'client1' }),
  })

const health = async (): Promise<Record<string, { isLiving: boolean }>> => {
  const { body } = await send({ method: 'GET', path: '/_twinpool/health' })
  return (JSON.parse(body) as { regions: Record<string, { isLiving: boolean }> }).regions
}

const untilLiving = (region: string, isLiving: boolean): Promise<void> =>
  vi.waitFor(async () => expect((await health())[region]?.isLiving).toBe(isLiving), {
    timeout: 10_000,
    interval: 50,
  })

const place = (role: 'PRIMARY' | 'SECONDARY', region: FakeRegion, status = 'ACTIVE'): void => {
  for (const query of [`pool=${pool}`, 'client=client1', 'domain=myapp'])
    region.replicas.set(query, { role, status })
}

beforeEach(async () => {
  east = await startFakeRegion('us-east-1', routerToken)
  west = await startFakeRegion('us-west-2', routerToken)
  router = await startRouter(
    {
      host: '127.0.0.1',
      port: 0,
      origin: 'http://127.0.0.1:0',
      baseDomain: 'aws.test',
      regions: [east, west].map(({ name, origin }) => ({ name, origin })),
      routerToken,
      trustedProxies: [],
      logLevel: 'silent',
    },
    createLogger({ level: 'silent' }),
  )
})

afterEach(async () => {
  await router.close()
  await east.stop()
  await west.stop()
})

const servedBy = (answer: Answer): string => (JSON.parse(answer.body) as Echo).region

describe('signed calls', () => {
  test('go to the Region of their scope, with host, body and headers as they came', async () => {
    const answer = await send({
      path: '/?a=1',
      headers: { authorization: scope('us-west-2'), host: 'my.host:1234', 'x-amz-date': '20261123T000000Z' },
      body: '{"MaxResults":1}',
    })
    const echo = JSON.parse(answer.body) as Echo
    expect(echo).toMatchObject({
      region: 'us-west-2',
      method: 'POST',
      url: '/?a=1',
      body: '{"MaxResults":1}',
    })
    expect(echo.headers).toMatchObject({ host: 'my.host:1234', 'x-amz-date': '20261123T000000Z' })
    expect(echo.headers['x-forwarded-for']).toBe('127.0.0.1')
    expect(answer.headers['x-region']).toBe('us-west-2')
  })

  test('for a Region that the deployment does not have are refused in AWS words', async () => {
    const answer = await send({ headers: { authorization: scope('eu-north-1') }, body: '{}' })
    expect(answer.status).toBe(400)
    expect(answer.headers['x-amzn-errortype']).toBe('InvalidSignatureException')
    expect(JSON.parse(answer.body)).toMatchObject({
      __type: 'InvalidSignatureException',
      message: expect.stringContaining("this deployment has us-east-1, us-west-2, not 'eu-north-1'"),
    })
    expect([...east.served, ...west.served]).toEqual([])
  })

  test('for a dead Region get 503 and never reach another', async () => {
    await west.stop()
    const answer = await send({ headers: { authorization: scope('us-west-2') }, body: '{}' })
    expect(answer.status).toBe(503)
    expect(answer.headers['x-amzn-errortype']).toBe('ServiceUnavailableException')
    expect(east.served).toEqual([])
  })

  test('reach a Region that came back before the next probe saw it', async () => {
    await west.stop()
    await untilLiving('us-west-2', false)
    await west.restart()
    const answer = await send({ headers: { authorization: scope('us-west-2') }, body: '{}' })
    expect(servedBy(answer)).toBe('us-west-2')
  })

  test('with a body over the limit get 413', async () => {
    const headers = { authorization: scope('us-west-2') }
    const answer = await send({ headers, body: Buffer.alloc(10 * 1024 * 1024 + 1) })
    expect(answer.status).toBe(413)
    expect(west.served).toEqual([])
  })
})

describe('unsigned calls', () => {
  test('go to the primary of their pool, whichever Region that is', async () => {
    place('SECONDARY', east)
    place('PRIMARY', west)
    expect(servedBy(await signIn())).toBe('us-west-2')
  })

  test('go to a living ACTIVE secondary at once when the primary refuses connections', async () => {
    place('PRIMARY', east)
    place('SECONDARY', west)
    expect(servedBy(await signIn())).toBe('us-east-1')
    await east.stop()
    expect(servedBy(await signIn())).toBe('us-west-2')
  })

  test('go to a living ACTIVE secondary when the primary hangs, and back when it is well again', async () => {
    place('PRIMARY', east)
    place('SECONDARY', west)
    east.hang()
    await untilLiving('us-east-1', false)
    expect(servedBy(await signIn())).toBe('us-west-2')
    await east.stop()
    await east.restart()
    await untilLiving('us-east-1', true)
    expect(servedBy(await signIn())).toBe('us-east-1')
  })

  test('get 503 when the primary is dead and the replica was never switched on', async () => {
    place('PRIMARY', east)
    place('SECONDARY', west, 'INACTIVE')
    await east.stop()
    await untilLiving('us-east-1', false)
    const answer = await signIn()
    expect(answer.status).toBe(503)
    expect(JSON.parse(answer.body)).toMatchObject({ __type: 'ServiceUnavailableException' })
    expect(west.served).toEqual([])
  })

  test('for a pool that nobody has are left to a Region to refuse, but not while one is down', async () => {
    expect(servedBy(await signIn())).toBe('us-east-1')
    await east.stop()
    await untilLiving('us-east-1', false)
    expect((await signIn()).status).toBe(503)
  })

  test('find a pool that was created after somebody asked for it in vain', async () => {
    await signIn()
    place('PRIMARY', west)
    expect(servedBy(await signIn())).toBe('us-west-2')
  })

  test('of OAuth clients get OAuth errors', async () => {
    place('PRIMARY', east)
    await east.stop()
    await untilLiving('us-east-1', false)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await send({ path: '/oauth2/token', headers, body: 'client_id=client1' })
    expect(answer.status).toBe(503)
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'temporarily_unavailable' })
  })

  test('over the limit get 413', async () => {
    const headers = { 'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth' }
    expect((await send({ headers, body: Buffer.alloc(1024 * 1024 + 1) })).status).toBe(413)
  })

  test('to a prefix domain prefer the Region in its name', async () => {
    place('PRIMARY', east)
    place('SECONDARY', west)
    const headers = { host: 'myapp.auth.us-west-2.aws.test' }
    expect(servedBy(await send({ method: 'GET', path: '/login', headers }))).toBe('us-west-2')
    await west.stop()
    expect(servedBy(await send({ method: 'GET', path: '/login', headers }))).toBe('us-east-1')
  })
})

describe('the shared issuer', () => {
  const path = `/${pool}/.well-known/jwks.json`

  test('is served by the primary under the path of the shared issuer', async () => {
    place('PRIMARY', east)
    place('SECONDARY', west)
    const answer = await send({ method: 'GET', path })
    expect(JSON.parse(answer.body)).toMatchObject({ region: 'us-east-1', url: `/_issuer${path}` })
  })

  test('is served by a replica when the primary is gone, switched on or not', async () => {
    place('PRIMARY', east)
    place('SECONDARY', west, 'INACTIVE')
    await east.stop()
    await untilLiving('us-east-1', false)
    expect(servedBy(await send({ method: 'GET', path }))).toBe('us-west-2')
  })
})

describe('the router itself', () => {
  test('says which Regions answer', async () => {
    await west.stop()
    await untilLiving('us-west-2', false)
    expect(await health()).toMatchObject({
      'us-east-1': { isLiving: true },
      'us-west-2': { isLiving: false },
    })
  })

  test('passes nothing on that Regions keep for each other and their operator', async () => {
    for (const path of [
      '/_twinpool/metrics',
      '/./_twinpool/metrics',
      '/x/../_twinpool/metrics',
      '/x/%2e%2E/_twinpool/metrics',
      '/%5Ftwinpool/metrics',
      'http://127.0.0.1/_twinpool/metrics',
      'https://elsewhere.example/%5ftwinpool/metrics',
      '/_twinpool/locate?pool=x',
      '/_twinpool/peer/call/x',
      '/_issuer/x',
    ])
      expect((await send({ method: 'GET', path })).status).toBe(404)
    expect([...east.served, ...west.served]).toEqual([])
  })

  test('drops hop-by-hop headers and a forged address of the client', async () => {
    const answer = await send({
      method: 'GET',
      path: '/anything',
      headers: {
        connection: 'close, x-private',
        'x-private': '1',
        te: 'trailers',
        'x-forwarded-for': '10.0.0.1',
      },
    })
    const { headers } = JSON.parse(answer.body) as Echo
    expect(headers['x-private']).toBeUndefined()
    expect(headers.te).toBeUndefined()
    expect(headers['x-forwarded-for']).toBe('127.0.0.1')
  })

  const hidden = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  test.each([
    ['a length beside chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked'], `0\r\n\r\n${hidden}`],
    [
      'chunks beside a length',
      ['Transfer-Encoding: chunked', `Content-Length: ${hidden.length + 5}`],
      `0\r\n\r\n${hidden}`,
    ],
    ['two lengths', ['Content-Length: 0', `Content-Length: ${hidden.length}`], hidden],
    ['an unknown coding', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${hidden}`],
    ['a coding after chunks', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${hidden}`],
    [
      'chunks named twice',
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
      `0\r\n\r\n${hidden}`,
    ],
    ['a length with a sign', ['Content-Length: +0'], hidden],
    ['a length in another base', ['Content-Length: 0x0'], hidden],
    ['a space before the colon', ['Transfer-Encoding : chunked', `Content-Length: 0`], hidden],
    ['a chunk of a size that is no number', ['Transfer-Encoding: chunked'], `0x0\r\n\r\n${hidden}`],
  ])('refuses %s, so that no request hides in another', async (_name, framing, body) => {
    const socket = connect(router.port, '127.0.0.1')
    let received = ''
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1')
    })
    // What follows the refusal may find the connection closed.
    socket.on('error', () => undefined)
    socket.write(['POST / HTTP/1.1', 'Host: x', ...framing, '', body].join('\r\n'))
    await once(socket, 'close')
    expect(received).toMatch(/^HTTP\/1\.1 400 /)
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect([...east.served, ...west.served].map(({ url }) => url)).not.toContain('/smuggled')
  })
})
