// Calls and streams between Regions over a network that listens, changes, repeats and impersonates.
import { randomBytes } from 'node:crypto'
import { createServer, request } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sealCall } from '../../src/region/peer-seal.ts'
import { openTunnel, TunnelAgent } from '../../src/region/peer-tunnel.ts'
import type { PeerHandlers } from '../../src/replication/peer-port.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { Fault } from '../../src/wire/fault.ts'
import { waitUntil } from '../replication/support/wait-until.ts'
import { startProxy } from '../support/proxy.ts'
import { deploymentKey, identityOf, startHttp, startPeer, transportTo } from './support/peers.ts'

const secretText = 'user:8c1f4c1e-sub-of-somebody'
const frameBytes = 1024 * 1024
const slowReaders = 4
const endings: (() => unknown)[] = []
const otherKey = { id: 1, bytes: randomBytes(32) }
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
        yield Buffer.alloc(frameBytes)
      }
    },
  },
}

const read = async (stream: AsyncIterable<Uint8Array>): Promise<string[]> => {
  const frames: string[] = []
  for await (const frame of stream) frames.push(Buffer.from(frame).toString('utf8'))
  return frames
}
/** Node hands the collector out only where it is asked to. */
const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
const flippedAtEnd = (bytes: Buffer): Buffer => {
  const changed = Buffer.from(bytes)
  changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
  return changed
}
const streaming = () => ({ signal: new AbortController().signal, idleTimeoutMs: 5_000 })

describe('a call', () => {
  test('comes with who made it; an answer and a refusal come back, and nothing of it can be read on the way', async () => {
    const proxy = await startProxy((await startPeer(handlers, endings)).port, endings)
    const { call } = transportTo(proxy.port, endings)
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
    const { port } = await startPeer(handlers, endings)
    for (const caller of [{ key: otherKey }, { to: 'ap-south-1', identity: identityOf('us-east-1') }])
      await expect(
        transportTo(port, endings, caller).call(caller.to ?? 'us-west-2', 'echo', {}),
      ).rejects.toMatchObject({ code: 'Unreachable' })
    // With the certificate of one Region and the seal of another.
    await expect(
      transportTo(port, endings, { region: 'eu-west-1', identity: identityOf('us-east-1') }).call(
        'us-west-2',
        'echo',
        {},
      ),
    ).rejects.toMatchObject({ code: 'Unreachable' })
    expect(received).toEqual([])
  })

  test('is taken once, within some minutes, and as it was made', async () => {
    const { port } = await startPeer(handlers, endings)
    const open = () =>
      openTunnel({
        region: 'us-west-2',
        origin: `http://127.0.0.1:${port}`,
        publicAuthority: undefined,
        identity: identityOf('us-east-1')(),
        timeoutMs: 5_000,
      })
    const agent = new TunnelAgent(open, { keepAlive: true, maxFreeSockets: 1 })
    endings.push(() => agent.destroy())
    const send = async (atMs: number, change: (body: Buffer) => Buffer, times = 1): Promise<number[]> => {
      const path = '/_twinpool/peer/call/echo'
      const place = { path, fromRegion: 'us-east-1', toRegion: 'us-west-2', atMs }
      const { headers, body } = sealCall(deploymentKey, place, Buffer.from('{}'), systemRandom)
      const statuses: number[] = []
      for (let count = 0; count < times; count += 1)
        statuses.push(
          await new Promise((resolve, reject) => {
            const outgoing = request(
              { agent, host: 'us-west-2', method: 'POST', path, headers },
              (answer) => {
                answer.resume()
                resolve(answer.statusCode ?? 0)
              },
            )
            outgoing.on('error', reject)
            outgoing.end(change(body))
          }),
        )
      return statuses
    }
    const same = (body: Buffer): Buffer => body
    expect(await send(Date.now(), same, 2)).toEqual([200, 403])
    expect(await send(Date.now() - 600_000, same)).toEqual([403])
    expect(await send(Date.now(), flippedAtEnd)).toEqual([403])
    expect(received).toHaveLength(1)
  })

  test('answered by somebody else, or with changed bytes, is not answered', async () => {
    const impostor = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"fromRegion":"us-west-2"}')
    })
    const { call } = transportTo(await startHttp(impostor, endings), endings)
    await expect(call('us-west-2', 'echo', {})).rejects.toMatchObject({ code: 'Unreachable' })
    const sealedByOther = await startPeer(handlers, endings, { key: otherKey })
    await expect(
      transportTo(sealedByOther.port, endings).call('us-west-2', 'echo', {}),
    ).rejects.toMatchObject({ code: 'Unreachable' })
    const { port } = await startPeer(handlers, endings)
    const proxy = await startProxy(port, endings, flippedAtEnd)
    await expect(
      transportTo(proxy.port, endings).call('us-west-2', 'echo', {}, { timeoutMs: 1_000 }),
    ).rejects.toMatchObject({ code: 'Unreachable' })
    expect(received).toEqual([])
  })
})

describe('a stream', () => {
  test('brings its frames in order to an end or to its failure, unreadable on the way', async () => {
    const proxy = await startProxy((await startPeer(handlers, endings)).port, endings)
    const { stream } = transportTo(proxy.port, endings)
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

  test('with a byte changed ends there', async () => {
    let passedBytes = 0
    const proxy = await startProxy((await startPeer(handlers, endings)).port, endings, (bytes) => {
      passedBytes += bytes.length
      // Within the second frame.
      return passedBytes > 1.5 * frameBytes ? flippedAtEnd(bytes) : bytes
    })
    const { stream } = transportTo(proxy.port, endings)
    let frameCount = 0
    const reading = async (): Promise<void> => {
      for await (const frame of stream('us-west-2', 'endless', {}, streaming()))
        frameCount += frame.length > 0 ? 1 : 0
    }
    await expect(reading()).rejects.toMatchObject({ name: 'PeerFailure' })
    expect(frameCount).toBe(1)
  })

  test('that nobody reads stops being made: what waits for a slow Region is bounded', async () => {
    const { port } = await startPeer(handlers, endings)
    collectGarbage()
    const beforeBytes = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: slowReaders }, () => {
      const giveUp = new AbortController()
      const frames = transportTo(port, endings)
        .stream('us-west-2', 'endless', {}, { signal: giveUp.signal, idleTimeoutMs: 30_000 })
        [Symbol.asyncIterator]()
      return { frames, giveUp }
    })
    for (const { frames } of readers) await frames.next()
    // The sockets' buffers fill up, and then nothing more is made. Both ends are in this process: a frame being sealed and sent here, and one
    // being read there.
    let before = -1
    await waitUntil('nothing more is made, and what waits is small', async () => {
      before = yielded
      await new Promise((resolve) => setTimeout(resolve, 200))
      collectGarbage()
      return (
        yielded === before && process.memoryUsage().arrayBuffers - beforeBytes < slowReaders * 12 * frameBytes
      )
    })
    expect(yielded).toBeLessThan(32 * slowReaders)
    for (const { frames, giveUp } of readers) {
      giveUp.abort()
      await frames.return?.(undefined)
    }
  })
})
