// The HTTP listener of a Region: AWS JSON requests go to the dispatcher, everything else to the fallback; closing waits for what is in flight.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { type Dispatcher, preflightHeaders } from './dispatch.ts'

export type ListenerOptions = {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Sees every request first; true when it has answered. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>
  readonly dispatcher: Dispatcher
  readonly fallback: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Takes over connections that ask for another protocol, where `isFor` says so; an upgrade that nobody wants is an ordinary request. */
  readonly upgrade?: {
    isFor(request: IncomingMessage): boolean
    accept(request: IncomingMessage, socket: Socket, head: Uint8Array): void
  }
}

export type Listener = { readonly port: number; close(): Promise<void> }

const limits = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 75_000,
}
/** How long requests in flight may take to finish once the listener is closing. */
const drainTimeMs = 5_000
const idleSweepMs = 20

const handle = (options: ListenerOptions) => (request: IncomingMessage, response: ServerResponse) => {
  response.on('error', () => response.destroy())
  if (request.method === 'OPTIONS' && request.headers['access-control-request-headers'] !== undefined) {
    response.writeHead(200, preflightHeaders).end()
    return
  }
  const { intercept } = options
  const handled =
    intercept === undefined
      ? answer(options, request, response)
      : intercept(request, response).then((isTaken) => {
          if (!isTaken) return answer(options, request, response)
        })
  handled.catch(() => response.destroy())
}

const answer = (
  { dispatcher, fallback }: ListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const isAwsJson = request.method === 'POST' && request.headers['x-amz-target'] !== undefined
  return isAwsJson ? dispatcher.handle(request, response) : fallback(request, response)
}

/** Resolves when the port is taken; rejects when it can't be. */
export const startListener = async (options: ListenerOptions): Promise<Listener> => {
  const { upgrade } = options
  const settings = {
    ...limits,
    shouldUpgradeCallback: (request: IncomingMessage): boolean => upgrade?.isFor(request) ?? false,
  }
  const server: Server =
    options.tls === undefined
      ? createServer(settings, handle(options))
      : createTlsServer({ ...settings, cert: options.tls.certificate, key: options.tls.key }, handle(options))
  if (upgrade !== undefined)
    server.on('upgrade', (request, socket: Socket, head) => upgrade.accept(request, socket, head))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // Connections that fall idle while the last requests finish are closed too.
      const sweeping = setInterval(() => server.closeIdleConnections(), idleSweepMs)
      const deadline = setTimeout(() => server.closeAllConnections(), drainTimeMs)
      await closed
      clearInterval(sweeping)
      clearTimeout(deadline)
    },
  }
}
