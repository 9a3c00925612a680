// Passes one request on to a Region and its answer back, both as they come.
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { pipeline } from 'node:stream/promises'
import type { ClientAddress } from '../wire/client-address.ts'
import { BodyTooLarge, limited } from './limited-body.ts'

const answerTimeoutMs = 30_000
const socketsMax = 512
/** A body that only passes through. */
const passedBytesMax = 10 * 1024 * 1024

/** RFC 9110, section 7.6.1; `expect` was answered by the router. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])

/** Set anew, so that a client can't pretend to be another; what a trusted proxy said of its client goes on before it. */
const ownHeaders = new Set(['x-forwarded-for', 'x-forwarded-proto'])

/** The Region gave no answer. `isSent` says whether it may have begun to work on the request. */
export class NoAnswer extends Error {
  readonly isSent: boolean
  readonly isLate: boolean

  constructor(message: string, options: { isSent: boolean; isLate: boolean; cause: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'NoAnswer'
    this.isSent = options.isSent
    this.isLate = options.isLate
  }
}

const endToEnd = (message: IncomingMessage, alsoDropped: ReadonlySet<string>): string[] => {
  const named = new Set(
    (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()),
  )
  const kept: string[] = []
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    const name = message.rawHeaders[index] ?? ''
    const lower = name.toLowerCase()
    if (hopByHop.has(lower) || named.has(lower) || alsoDropped.has(lower)) continue
    kept.push(name, message.rawHeaders[index + 1] ?? '')
  }
  return kept
}

const forwardedFor = (request: IncomingMessage, clientAddress: ClientAddress): string => {
  const own = request.socket.remoteAddress ?? ''
  const told = clientAddress.isTrusted(request) ? request.headers['x-forwarded-for'] : undefined
  return told === undefined ? own : `${String(told)}, ${own}`
}

export type Forwarding = {
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** The body if it was read already; undefined to pass it on as it comes. */
  readonly body: Buffer | undefined
}

export type Forwarder = {
  /** Resolves when the whole answer went back. Rejects with NoAnswer or BodyTooLarge while nothing was written to `response`. */
  forward(request: IncomingMessage, response: ServerResponse, forwarding: Forwarding): Promise<void>
  close(): void
}

export const createForwarder = (authority: Buffer | undefined, clientAddress: ClientAddress): Forwarder => {
  const pool = { keepAlive: true, maxSockets: socketsMax, maxFreeSockets: 64 }
  const agents = { http: new HttpAgent(pool), https: new HttpsAgent({ ...pool, ca: authority }) }

  const open = (
    request: IncomingMessage,
    response: ServerResponse,
    { origin, path, body }: Forwarding,
  ): Promise<IncomingMessage> => {
    const url = new URL(origin)
    const isTls = url.protocol === 'https:'
    const isClientTls = 'encrypted' in request.socket
    // The Host goes on as it came: it is part of what SigV4 signs, and of the names in what the Region answers.
    const headers = [
      ...endToEnd(request, ownHeaders),
      'x-forwarded-for',
      forwardedFor(request, clientAddress),
      'x-forwarded-proto',
      isClientTls ? 'https' : 'http',
    ]
    const hasLength = request.headers['content-length'] !== undefined
    if (!hasLength && body !== undefined && body.length > 0)
      headers.push('content-length', String(body.length))
    else if (!hasLength && request.headers['transfer-encoding'] !== undefined)
      headers.push('transfer-encoding', 'chunked')
    return new Promise((resolve, reject) => {
      let isConnected = false
      let isLate = false
      const outgoing = (isTls ? httpsRequest : httpRequest)({
        protocol: url.protocol,
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        ...(isTls ? { servername: /^[\d.]+$|:/.test(url.hostname) ? '' : url.hostname } : {}),
        method: request.method,
        path,
        headers,
        agent: isTls ? agents.https : agents.http,
        timeout: answerTimeoutMs,
      })
      outgoing.on('socket', (socket) => {
        if (socket.connecting) socket.once(isTls ? 'secureConnect' : 'connect', () => (isConnected = true))
        else isConnected = true
      })
      outgoing.on('timeout', () => {
        isLate = true
        outgoing.destroy(new Error('time-out'))
      })
      const onError = (error: unknown): void =>
        reject(
          error instanceof BodyTooLarge
            ? error
            : new NoAnswer('the Region gave no answer', { isSent: isConnected, isLate, cause: error }),
        )
      outgoing.on('error', onError)
      outgoing.on('response', resolve)
      response.on('close', () => {
        if (!response.writableFinished) outgoing.destroy(new Error('the client went away'))
      })
      if (body !== undefined) outgoing.end(body)
      else pipeline(limited(request, passedBytesMax), outgoing).catch(onError)
    })
  }

  return {
    forward: async (request, response, forwarding) => {
      const answer = await open(request, response, forwarding)
      response.writeHead(answer.statusCode ?? 502, endToEnd(answer, new Set()))
      try {
        await pipeline(answer, response)
      } catch {
        // Either side went away in the middle of the answer: the other must not take what it has for the whole.
        response.destroy()
      }
    },
    close: () => {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}
