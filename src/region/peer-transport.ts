// The sending half of the port between Regions, over HTTP: sealed calls with an answer, and streams of sealed frames.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { PeerFailure, type PeerTransport } from '../replication/peer-port.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { DataKey } from '../vault/envelope.ts'
import { readFrames } from './peer-frames.ts'
import { openAnswer, openFrames, type SealedCall, sealCall, sealedHeader } from './peer-seal.ts'

const answerBytesMax = 16 * 1024 * 1024
const callTimeoutMs = 10_000
const callSocketsMax = 64

export type PeerTransportOptions = {
  readonly region: string
  readonly peers: Readonly<Record<string, string>>
  readonly peerKey: DataKey
  readonly clock: Clock
  readonly random: Random
  /** PEM of the authority that signs the peers' certificates. */
  readonly authority?: string
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
  const tls = options.authority === undefined ? {} : { ca: options.authority }
  /** Calls share connections. A stream has one of its own for as long as it runs: as many as there are pools to follow. */
  const agents = {
    call: {
      http: new HttpAgent({ keepAlive: true, maxSockets: callSocketsMax }),
      https: new HttpsAgent({ keepAlive: true, maxSockets: callSocketsMax, ...tls }),
    },
    stream: { http: new HttpAgent(), https: new HttpsAgent(tls) },
  }

  const post = (
    region: string,
    kind: 'call' | 'stream',
    name: string,
    body: unknown,
    sending: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Sent> => {
    const origin = options.peers[region]
    if (origin === undefined)
      return Promise.reject(new PeerFailure('UnknownRegion', `${region} is not a Region of this deployment`))
    const path = `/_twinpool/peer/${kind}/${name}`
    const url = new URL(path, origin)
    const call = sealCall(
      options.peerKey,
      { path, fromRegion: options.region, toRegion: region, atMs: options.clock.now() },
      Buffer.from(JSON.stringify(body ?? null)),
      options.random,
    )
    const isTls = url.protocol === 'https:'
    return new Promise((resolve, reject) => {
      const outgoing = (isTls ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: isTls ? agents[kind].https : agents[kind].http,
        ...(sending.signal === undefined ? {} : { signal: sending.signal }),
        timeout: sending.timeoutMs,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': call.body.length,
          ...call.headers,
        },
      })
      outgoing.on('response', (response) => resolve({ call, response }))
      outgoing.on('timeout', () => outgoing.destroy(new Error('time-out')))
      outgoing.on('error', (error) => reject(unreachable(region, error)))
      outgoing.end(call.body)
    })
  }

  return {
    call: async (region, name, body, calling) => {
      const timeoutMs = calling?.timeoutMs ?? callTimeoutMs
      const sent = await post(region, 'call', name, body, { timeoutMs })
      let bytes: Buffer
      try {
        bytes = await readAll(sent.response)
      } catch (error) {
        throw error instanceof PeerFailure ? error : unreachable(region, error)
      }
      return answerIn(options.peerKey, sent, bytes)
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
      for (const { http, https } of Object.values(agents)) {
        http.destroy()
        https.destroy()
      }
    },
  }
}
