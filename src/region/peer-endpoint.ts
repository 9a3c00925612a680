// The receiving half of the port between Regions: authenticates a peer's call and answers it, or streams frames as fast as the peer reads.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PeerHandlers } from '../replication/peer-port.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { DataKey } from '../vault/envelope.ts'
import { Fault } from '../wire/fault.ts'
import { readBody } from '../wire/request-body.ts'
import { encodeFrame } from './peer-frames.ts'
import { createCallOpener, frameSealer, sealAnswer, sealedHeader } from './peer-seal.ts'

const requestBytesMax = 8 * 1024 * 1024
const peerPath = /^\/_twinpool\/peer\/(call|stream)\/([a-z-]+)$/

export const isPeerPath = (path: string): boolean => path.startsWith('/_twinpool/peer/')

export type PeerEndpointOptions = {
  readonly region: string
  readonly peerKey: DataKey
  readonly handlers: PeerHandlers
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** Answers what came through a tunnel; `certifiedRegions` are those of the deployment that the caller's certificate names. */
export type PeerEndpoint = (
  request: IncomingMessage,
  response: ServerResponse,
  certifiedRegions: ReadonlySet<string>,
) => Promise<void>

/** To whoever asks outside of a tunnel. */
export const refuseOutsider = (response: ServerResponse): void => {
  response
    .writeHead(403, { 'content-type': 'application/json', connection: 'close' })
    .end(JSON.stringify({ code: 'AccessDeniedException', message: 'Regions come through a tunnel.' }))
}

export const createPeerEndpoint = (options: PeerEndpointOptions): PeerEndpoint => {
  const publicFailure = (error: unknown, name: string): { code: string; message: string; status: number } => {
    if (error instanceof Fault) return { code: error.code, message: error.message, status: error.status }
    options.log.error({ err: error, call: name }, 'a peer call failed')
    return { code: 'InternalErrorException', message: 'The call failed.', status: 500 }
  }

  const stream = async (
    response: ServerResponse,
    name: string,
    callId: string,
    frames: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  ): Promise<void> => {
    const gone = new AbortController()
    const sealed = frameSealer(options.peerKey, callId, options.random)
    response.on('close', () => gone.abort())
    try {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      response.flushHeaders()
      for await (const frame of frames(gone.signal)) {
        if (gone.signal.aborted) return
        if (!response.write(encodeFrame(sealed.data(frame))))
          await once(response, 'drain', { signal: gone.signal })
      }
      response.end(encodeFrame(sealed.end()))
    } catch (error) {
      if (gone.signal.aborted) return
      const { code, message } = publicFailure(error, name)
      response.end(encodeFrame(sealed.failure(code, message)))
    }
  }

  const calls = createCallOpener(options.peerKey, options.region, options.clock)

  return async (request, response, certifiedRegions) => {
    const path = request.url ?? ''
    let callId: string | undefined
    const answer = (status: number, value: unknown): void => {
      // Who has not shown that it is a Region of this deployment could not open a sealed answer.
      if (callId === undefined)
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
      else
        response
          .writeHead(status, { 'content-type': 'application/octet-stream', [sealedHeader]: '1' })
          .end(sealAnswer(options.peerKey, callId, status, value, options.random))
    }
    const [, kind, name = ''] = peerPath.exec(path) ?? []
    try {
      if (kind === undefined || request.method !== 'POST')
        throw new Fault('UnknownOperationException', 'There is no such peer call.', { status: 404 })
      const opened = calls.open(request.headers, path, await readBody(request, requestBytesMax))
      const { fromRegion } = opened
      if (!certifiedRegions.has(fromRegion))
        throw new Fault('AccessDeniedException', 'This is not the Region of the certificate.', {
          status: 403,
        })
      callId = opened.callId
      const body = JSON.parse(opened.body.toString('utf8')) as unknown
      const streamHandler = options.handlers.streams[name]
      const callHandler = options.handlers.calls[name]
      if (kind === 'stream' && streamHandler !== undefined) {
        await stream(response, name, opened.callId, (signal) => streamHandler(fromRegion, body, signal))
        return
      }
      if (kind !== 'call' || callHandler === undefined)
        throw new Fault('UnknownOperationException', 'There is no such peer call.', { status: 404 })
      answer(200, await callHandler(fromRegion, body))
    } catch (error) {
      const { code, message, status } = publicFailure(error, name)
      if (response.headersSent) response.destroy()
      else answer(status, { code, message })
    }
  }
}
