// The sending half of the port between Regions, over HTTP in tunnels: sealed calls with an answer, and streams of sealed frames.
import { type IncomingMessage, request } from 'node:http'
import { PeerFailure, type PeerTransport } from '../replication/peer-port.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { DataKey } from '../vault/envelope.ts'
import { createCallLimit } from './call-limit.ts'
import { readFrames } from './peer-frames.ts'
import type { PeerIdentity } from './peer-identity.ts'
import { openAnswer, openFrames, type SealedCall, sealCall, sealedHeader } from './peer-seal.ts'
import { openTunnel, TunnelAgent } from './peer-tunnel.ts'

const answerBytesMax = 16 * 1024 * 1024
const callTimeoutMs = 10_000
const connectTimeMs = 10_000
/** To one Region at once; more wait for their turn. */
const callsMax = 64
const waitingCallsMax = 10_000

export type PeerTransportOptions = {
  readonly region: string
  readonly peers: Readonly<Record<string, string>>
  readonly peerKey: DataKey
  readonly clock: Clock
  readonly random: Random
  readonly identity: () => PeerIdentity
  /** PEM of the authority that signs the certificates of public endpoints, where they are served over TLS. */
  readonly publicAuthority: string | undefined
}

const unreachable = (region: string, cause: unknown): PeerFailure =>
  new PeerFailure('Unreachable', `Region ${region} can't be reached`, { cause })

const readAll = async (response: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > answerBytesMax) {
      response.destroy()
      throw new PeerFailure('AnswerTooLarge', `the answer of a peer is larger than ${answerBytesMax} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

type Sent = { readonly call: SealedCall; readonly response: IncomingMessage }

/** What the Region that was called answered, by its seal; whatever came from something in between is no answer of it. */
const answerIn = (key: DataKey, { call, response }: Sent, body: Buffer): unknown => {
  const status = response.statusCode ?? 0
  if (response.headers[sealedHeader] === undefined)
    throw new PeerFailure('Unreachable', `a peer answered with HTTP status ${status}`)
  const answer = openAnswer(key, call.callId, status, body)
  if (status === 200) return answer
  const { code, message } = answer as { readonly code: string; readonly message: string }
  throw new PeerFailure(code, message)
}

export const createPeerTransport = (options: PeerTransportOptions): PeerTransport & { close(): void } => {
  const open = (region: string, origin: string) => (signal: AbortSignal) =>
    openTunnel({
      region,
      origin,
      publicAuthority: options.publicAuthority,
      identity: options.identity(),
      timeoutMs: connectTimeMs,
      signal,
    })
  /** Calls share connections. A stream has one of its own for as long as it runs: as many as there are pools to follow. */
  const ways = new Map(
    Object.entries(options.peers).map(([region, origin]) => [
      region,
      {
        call: new TunnelAgent(open(region, origin), { keepAlive: true, maxFreeSockets: callsMax }),
        stream: new TunnelAgent(open(region, origin), { keepAlive: false, maxFreeSockets: 0 }),
        limit: createCallLimit(callsMax, waitingCallsMax),
      },
    ]),
  )

  const post = (
    region: string,
    kind: 'call' | 'stream',
    name: string,
    body: unknown,
    sending: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Sent> => {
    const way = ways.get(region)
    if (way === undefined)
      return Promise.reject(new PeerFailure('UnknownRegion', `${region} is not a Region of this deployment`))
    const path = `/_twinpool/peer/${kind}/${name}`
    const call = sealCall(
      options.peerKey,
      { path, fromRegion: options.region, toRegion: region, atMs: options.clock.now() },
      Buffer.from(JSON.stringify(body ?? null)),
      options.random,
    )
    return new Promise((resolve, reject) => {
      const outgoing = request({
        host: region,
        path,
        method: 'POST',
        agent: way[kind],
        ...(sending.signal === undefined ? {} : { signal: sending.signal }),
        timeout: sending.timeoutMs,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': call.body.length,
          ...call.headers,
        },
      })
      // A request that waits for its connection tells nobody that it was given up: that is said here.
      const giveUp = (reason: Error): void => {
        settle()
        reject(unreachable(region, reason))
        outgoing.destroy(reason)
      }
      const onAbort = (): void => giveUp(new Error('aborted'))
      const deadline = setTimeout(() => giveUp(new Error('time-out')), sending.timeoutMs)
      const settle = (): void => {
        clearTimeout(deadline)
        sending.signal?.removeEventListener('abort', onAbort)
      }
      sending.signal?.addEventListener('abort', onAbort, { once: true })
      outgoing.on('response', (response) => {
        settle()
        resolve({ call, response })
      })
      outgoing.on('timeout', () => giveUp(new Error('time-out')))
      outgoing.on('error', giveUp)
      outgoing.end(call.body)
    })
  }

  return {
    call: (region, name, body, calling) => {
      const timeoutMs = calling?.timeoutMs ?? callTimeoutMs
      const make = async (): Promise<unknown> => {
        const sent = await post(region, 'call', name, body, { timeoutMs })
        let bytes: Buffer
        try {
          bytes = await readAll(sent.response)
        } catch (error) {
          throw error instanceof PeerFailure ? error : unreachable(region, error)
        }
        return answerIn(options.peerKey, sent, bytes)
      }
      return ways.get(region)?.limit.take(make) ?? make()
    },
    stream: async function* (region, name, body, { signal, idleTimeoutMs }) {
      const sent = await post(region, 'stream', name, body, { timeoutMs: idleTimeoutMs, signal })
      const { call, response } = sent
      try {
        if (response.statusCode !== 200) answerIn(options.peerKey, sent, await readAll(response))
        yield* openFrames(options.peerKey, call.callId, readFrames(response))
      } catch (error) {
        throw error instanceof PeerFailure ? error : unreachable(region, error)
      } finally {
        response.destroy()
      }
    },
    close: () => {
      for (const { call, stream } of ways.values()) {
        call.destroy()
        stream.destroy()
      }
    },
  }
}
