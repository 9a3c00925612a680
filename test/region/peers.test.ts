// Calls and streams between Regions over a network that listens, changes, repeats and impersonates.
import { randomBytes } from 'node:crypto'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPeerEndpoint } from '../../src/region/peer-endpoint.ts'
import { sealCall } from '../../src/region/peer-seal.ts'
import { createPeerTransport } from '../../src/region/peer-transport.ts'
import type { PeerHandlers } from '../../src/replication/peer-port.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { Fault } from '../../src/wire/fault.ts'

const key = { id: 1, bytes: randomBytes(32) }
const log = createLogger({ level: 'silent', region: 'us-west-2' })
const secretText = 'user:8c1f4c1e-sub-of-somebody'
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

let yielded = 0
let received: unknown[] = []
beforeEach(() => {
  yielded = 0
  received = []
})
const handlers: PeerHandlers = {
  calls: {
    echo: async (fromRegion, body) => {
      received.push(body)
      return { fromRegion, body, answer: 'secret answer' }
    },
    refuse: async () => {
      throw new Fault('NotAReplica', 'There is no replica.')
    },
  },
  streams: {
    three: async function* () {
      for (const text of ['one', 'two', 'three']) yield Buffer.from(`${text} secret`)
    },
    failing: async function* () {
      yield Buffer.from('one')
      throw new Fault('LogTrimmed', 'The log is trimmed.')
    },
    endless: async function* () {
      for (;;) {
        yielded += 1
        yield Buffer.alloc(1024 * 1024)
      }
    },
  },
}

const listen = async (server: Server | ReturnType<typeof createTcpServer>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endings.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

/** The Region us-west-2, which knows us-east-1 and itself. */
const startRegion = async (own = key): Promise<number> => {
  const peers = { 'us-east-1': 'http://127.0.0.1:1', 'us-west-2': 'http://127.0.0.1:1' }
  const endpoint = createPeerEndpoint({
    region: 'us-west-2',
    peers,
    peerKey: own,
    handlers,
    clock: systemClock,
    random: systemRandom,
    log,
  })
  const server = createServer((incoming, response) => void endpoint(incoming, response))
  endings.push(() => server.closeAllConnections())
  return listen(server)
}

/** What passes between the two, with a chance to change what the called Region answers. */
const startProxy = async (to: number, change: (bytes: Buffer) => Buffer = (bytes) => bytes) => {
  const seen: Buffer[] = []
  const sockets = new Set<Socket>()
  const proxy = createTcpServer((near) => {
    const far = connect(to, '127.0.0.1')
    sockets.add(near).add(far)
    near.on('data', (bytes: Buffer) => {
      seen.push(bytes)
      far.write(bytes)
    })
    far.on('data', (bytes: Buffer) => {
      seen.push(bytes)
      near.write(change(bytes))
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('close', () => other.destroy())
      one.on('error', () => other.destroy())
    }
  })
  const port = await listen(proxy)
  endings.push(() => {
    for (const socket of sockets) socket.destroy()
  })
  return { port, seen: () => Buffer.concat(seen) }
}

const transportTo = (port: number, options: { region?: string; own?: typeof key } = {}) => {
  const transport = createPeerTransport({
    region: options.region ?? 'us-east-1',
    peers: { 'us-west-2': `http://127.0.0.1:${port}` },
    peerKey: options.own ?? key,
    clock: systemClock,
    random: systemRandom,
  })
  endings.push(() => transport.close())
  return transport
}

const read = async (stream: AsyncIterable<Uint8Array>): Promise<string[]> => {
  const frames: string[] = []
  for await (const frame of stream) frames.push(Buffer.from(frame).toString('utf8'))
  return frames
}
const streaming = () => ({ signal: new AbortController().signal, idleTimeoutMs: 5_000 })

describe('a call', () => {
  test('comes with who made it; an answer and a refusal come back, and nothing of it can be read on the way', async () => {
    const proxy = await startProxy(await startRegion())
    const { call } = transportTo(proxy.port)
    expect(await call('us-west-2', 'echo', { text: secretText })).toEqual({
      fromRegion: 'us-east-1',
      body: { text: secretText },
      answer: 'secret answer',
    })
    await expect(call('us-west-2', 'refuse', {})).rejects.toMatchObject({
      code: 'NotAReplica',
      message: 'There is no replica.',
    })
    for (const text of [secretText, 'secret answer', 'There is no replica'])
      expect(proxy.seen().includes(text), text).toBe(false)
  })

  test('of whoever hasn’t the deployment’s key, for another Region, or of a Region that is none of it, gets nothing', async () => {
    const port = await startRegion()
    const other = { id: 1, bytes: randomBytes(32) }
    await expect(transportTo(port, { own: other }).call('us-west-2', 'echo', {})).rejects.toMatchObject({
      code: 'Unreachable',
    })
    await expect(
      transportTo(port, { region: 'eu-west-1' }).call('us-west-2', 'echo', {}),
    ).rejects.toMatchObject({ code: 'AccessDeniedException' })
    const misled = createPeerTransport({
      region: 'us-east-1',
      peers: { 'ap-south-1': `http://127.0.0.1:${port}` },
      peerKey: key,
      clock: systemClock,
      random: systemRandom,
    })
    endings.push(() => misled.close())
    await expect(misled.call('ap-south-1', 'echo', {})).rejects.toMatchObject({ code: 'Unreachable' })
    expect(received).toEqual([])
  })

  test('is taken once, within some minutes, and as it was made', async () => {
    const port = await startRegion()
    const send = async (atMs: number, change: (body: Buffer) => Buffer, times = 1): Promise<number[]> => {
      const path = '/_twinpool/peer/call/echo'
      const place = { path, fromRegion: 'us-east-1', toRegion: 'us-west-2', atMs }
      const { headers, body } = sealCall(key, place, Buffer.from('{}'), systemRandom)
      const statuses: number[] = []
      for (let count = 0; count < times; count += 1)
        statuses.push(
          await new Promise((resolve, reject) => {
            const outgoing = request({ port, host: '127.0.0.1', method: 'POST', path, headers }, (answer) => {
              answer.resume()
              resolve(answer.statusCode ?? 0)
            })
            outgoing.on('error', reject)
            outgoing.end(change(body))
          }),
        )
      return statuses
    }
    const same = (body: Buffer): Buffer => body
    expect(await send(Date.now(), same, 2)).toEqual([200, 403])
    expect(await send(Date.now() - 600_000, same)).toEqual([403])
    const flipped = (body: Buffer): Buffer => {
      const changed = Buffer.from(body)
      changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
      return changed
    }
    expect(await send(Date.now(), flipped)).toEqual([403])
    expect(received).toHaveLength(1)
  })

  test('answered by somebody else, or with changed bytes, is not answered', async () => {
    const impostor = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"fromRegion":"us-west-2"}')
    })
    endings.push(() => impostor.closeAllConnections())
    const { call } = transportTo(await listen(impostor))
    await expect(call('us-west-2', 'echo', {})).rejects.toMatchObject({ code: 'Unreachable' })
    const otherKey = await startRegion({ id: 1, bytes: randomBytes(32) })
    await expect(transportTo(otherKey).call('us-west-2', 'echo', {})).rejects.toMatchObject({
      code: 'Unreachable',
    })
    const proxy = await startProxy(await startRegion(), (bytes) => {
      const changed = Buffer.from(bytes)
      changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
      return changed
    })
    await expect(
      transportTo(proxy.port).call('us-west-2', 'echo', {}, { timeoutMs: 1_000 }),
    ).rejects.toMatchObject({ code: 'Unreachable' })
  })
})

describe('a stream', () => {
  test('brings its frames in order to an end or to its failure, unreadable on the way', async () => {
    const proxy = await startProxy(await startRegion())
    const { stream } = transportTo(proxy.port)
    expect(await read(stream('us-west-2', 'three', {}, streaming()))).toEqual([
      'one secret',
      'two secret',
      'three secret',
    ])
    await expect(read(stream('us-west-2', 'failing', {}, streaming()))).rejects.toMatchObject({
      code: 'LogTrimmed',
    })
    expect(proxy.seen().includes('secret')).toBe(false)
  })

  test('with a frame changed ends there', async () => {
    const proxy = await startProxy(await startRegion(), (bytes) => {
      const headEnd = bytes.indexOf('\r\n\r\n')
      // In the last of the frames that came; a head alone passes.
      const at = bytes.length - 20
      if (at <= headEnd + 4) return bytes
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      return changed
    })
    const { stream } = transportTo(proxy.port)
    await expect(read(stream('us-west-2', 'three', {}, streaming()))).rejects.toMatchObject({
      name: 'PeerFailure',
    })
  })

  test('that nobody reads stops being made: what waits for a slow Region is bounded', async () => {
    const { stream } = transportTo(await startRegion())
    const giveUp = new AbortController()
    const frames = stream('us-west-2', 'endless', {}, { signal: giveUp.signal, idleTimeoutMs: 5_000 })[
      Symbol.asyncIterator
    ]()
    await frames.next()
    let before = -1
    // Until nothing more is made: the sockets' buffers are full.
    while (yielded !== before) {
      before = yielded
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(yielded).toBeLessThan(32)
    giveUp.abort()
    await frames.return?.(undefined)
  })
})
