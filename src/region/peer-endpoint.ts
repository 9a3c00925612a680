// The receiving half of the port between Regions: authenticates a peer's call and answers it, or streams frames as fast as the peer reads.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PeerHandlers } from '../replication/peer-port.ts'
import type { Clock } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import { Fault } from '../wire/fault.ts'
import { readBody } from '../wire/request-body.ts'
import { encodeEnd, encodeFailure, encodeFrame } from './peer-frames.ts'
import { verifyPeerCall } from './peer-signature.ts'

const requestBytesMax = 8 * 1024 * 1024
const peerPath = /^\/_twinpool\/peer\/(call|stream)\/([a-z-]+)$/

export const isPeerPath = (path: string): boolean => path.startsWith('/_twinpool/peer/')

export type PeerEndpointOptions = {
  readonly region: string
  readonly peers: Readonly<Record<string, string>>
  readonly peerKey: Uint8Array
  readonly handlers: PeerHandlers
  readonly clock: Clock
  readonly log: Logger
}

export const createPeerEndpoint = (
  options: PeerEndpointOptions,
): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  const publicFailure = (error: unknown, name: string): { code: string; message: string; status: number } => {
    if (error instanceof Fault) return { code: error.code, message: error.message, status: error.status }
    options.log.error({ err: error, call: name }, 'a peer call failed')
    return { code: 'InternalErrorException', message: 'The call failed.', status: 500 }
  }

  const stream = async (
    response: ServerResponse,
    name: string,
    frames: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  ): Promise<void> => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    try {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      response.flushHeaders()
      for await (const frame of frames(gone.signal)) {
        if (gone.signal.aborted) return
        if (!response.write(encodeFrame(frame))) await once(response, 'drain', { signal: gone.signal })
      }
      response.end(encodeEnd())
    } catch (error) {
      if (gone.signal.aborted) return
      const { code, message } = publicFailure(error, name)
      response.end(encodeFailure(code, message))
    }
  }

  return async (request, response) => {
    const path = request.url ?? ''
    const [, kind, name = ''] = peerPath.exec(path) ?? []
    try {
      if (kind === undefined || request.method !== 'POST')
        throw new Fault('UnknownOperationException', 'There is no such peer call.', { status: 404 })
      const bytes = await readBody(request, requestBytesMax)
      const fromRegion = verifyPeerCall(options.peerKey, request.headers, {
        path,
        toRegion: options.region,
        body: bytes,
        nowMs: options.clock.now(),
      })
      if (options.peers[fromRegion] === undefined)
        throw new Fault('AccessDeniedException', 'This is not a Region of this deployment.', { status: 403 })
      const body = JSON.parse(bytes.toString('utf8')) as unknown
      const streamHandler = options.handlers.streams[name]
      const callHandler = options.handlers.calls[name]
      if (kind === 'stream' && streamHandler !== undefined) {
        await stream(response, name, (signal) => streamHandler(fromRegion, body, signal))
        return
      }
      if (kind !== 'call' || callHandler === undefined)
        throw new Fault('UnknownOperationException', 'There is no such peer call.', { status: 404 })
      const answer = JSON.stringify((await callHandler(fromRegion, body)) ?? null)
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    } catch (error) {
      const { code, message, status } = publicFailure(error, name)
      if (response.headersSent) response.destroy()
      else
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify({ code, message }))
    }
  }
}
