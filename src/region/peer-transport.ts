// The sending half of the port between Regions, over HTTP: signed calls with a JSON answer, and streams of length-prefixed frames.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { PeerFailure, type PeerTransport } from '../replication/peer-port.ts'
import type { Clock } from '../telemetry/clock.ts'
import { readFrames } from './peer-frames.ts'
import { signPeerCall } from './peer-signature.ts'

const answerBytesMax = 16 * 1024 * 1024
const callTimeoutMs = 10_000
const callSocketsMax = 64

export type PeerTransportOptions = {
  readonly region: string
  readonly peers: Readonly<Record<string, string>>
  readonly peerKey: Uint8Array
  readonly clock: Clock
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

const failureIn = (body: Buffer, status: number): PeerFailure => {
  try {
    const { code, message } = JSON.parse(body.toString('utf8')) as { code?: unknown; message?: unknown }
    if (typeof code === 'string' && typeof message === 'string') return new PeerFailure(code, message)
  } catch {
    // Not our JSON: an intermediary answered.
  }
  return new PeerFailure('Unreachable', `a peer answered with HTTP status ${status}`)
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
  ): Promise<IncomingMessage> => {
    const origin = options.peers[region]
    if (origin === undefined)
      return Promise.reject(new PeerFailure('UnknownRegion', `${region} is not a Region of this deployment`))
    const path = `/_twinpool/peer/${kind}/${name}`
    const url = new URL(path, origin)
    const bytes = Buffer.from(JSON.stringify(body ?? null))
    const isTls = url.protocol === 'https:'
    return new Promise((resolve, reject) => {
      const outgoing = (isTls ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: isTls ? agents[kind].https : agents[kind].http,
        ...(sending.signal === undefined ? {} : { signal: sending.signal }),
        timeout: sending.timeoutMs,
        headers: {
          'content-type': 'application/json',
          'content-length': bytes.length,
          ...signPeerCall(options.peerKey, {
            path,
            fromRegion: options.region,
            toRegion: region,
            atMs: options.clock.now(),
            body: bytes,
          }),
        },
      })
      outgoing.on('response', resolve)
      outgoing.on('timeout', () => outgoing.destroy(new Error('time-out')))
      outgoing.on('error', (error) => reject(unreachable(region, error)))
      outgoing.end(bytes)
    })
  }

  return {
    call: async (region, name, body, calling) => {
      const timeoutMs = calling?.timeoutMs ?? callTimeoutMs
      const response = await post(region, 'call', name, body, { timeoutMs })
      let answer: Buffer
      try {
        answer = await readAll(response)
      } catch (error) {
        throw error instanceof PeerFailure ? error : unreachable(region, error)
      }
      if (response.statusCode !== 200) throw failureIn(answer, response.statusCode ?? 0)
      return JSON.parse(answer.toString('utf8')) as unknown
    },
    stream: async function* (region, name, body, { signal, idleTimeoutMs }) {
      const response = await post(region, 'stream', name, body, { timeoutMs: idleTimeoutMs, signal })
      try {
        if (response.statusCode !== 200) throw failureIn(await readAll(response), response.statusCode ?? 0)
        yield* readFrames(response)
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
