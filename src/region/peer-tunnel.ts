// A connection to another Region: an HTTP upgrade at its origin, through whatever stands before it, and TLS 1.3 inside, in which both show their certificates.
import { X509Certificate } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { isCertifiedAs, type PeerIdentity } from './peer-identity.ts'

export const tunnelPath = '/_twinpool/peer/tunnel'
export const tunnelProtocol = 'twinpool-peer'
export const tunnelHeaders = { connection: 'Upgrade', upgrade: tunnelProtocol } as const
/** Of both ends: nothing older is spoken between Regions. */
export const tunnelTls = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const

export const isTunnelRequest = ({ url, method, headers }: IncomingMessage): boolean =>
  url === tunnelPath && method === 'GET' && headers.upgrade?.toLowerCase() === tunnelProtocol

export type UpgradeOptions = {
  readonly origin: string
  /** PEM of the authority of a public endpoint that is served over TLS; it says nothing of who the Region is. */
  readonly publicAuthority: string | undefined
  readonly timeoutMs: number
  /** Gives the attempt up; what stands already isn't touched. */
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

/** Rejects with what went wrong on the way, or an Error when the other side doesn't switch. */
export const openUpgraded = (options: UpgradeOptions): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const url = new URL(tunnelPath, options.origin)
    const isTls = url.protocol === 'https:'
    const outgoing = (isTls ? httpsRequest : httpRequest)(url, {
      agent: false,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      headers: { ...options.headers, ...tunnelHeaders },
      ...(isTls && options.publicAuthority !== undefined ? { ca: options.publicAuthority } : {}),
    })
    const deadline = setTimeout(() => outgoing.destroy(new Error('time-out')), options.timeoutMs)
    outgoing.on('error', reject)
    outgoing.on('close', () => clearTimeout(deadline))
    outgoing.on('response', (response) => {
      outgoing.destroy(new Error(`HTTP status ${response.statusCode}`))
    })
    outgoing.on('upgrade', (_, socket: Socket, head) => {
      clearTimeout(deadline)
      // In TLS the client speaks first.
      if (head.length > 0) {
        socket.destroy()
        reject(new Error('the other side spoke out of turn'))
      } else resolve(socket)
    })
    outgoing.end()
  })

export type TunnelOptions = {
  /** The Region that must be at the other end. */
  readonly region: string
  readonly origin: string
  readonly publicAuthority: string | undefined
  readonly identity: PeerIdentity
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Rejects when the other end is not that Region, or can't be reached. That it takes this Region's certificate shows with its first answer. */
export const openTunnel = async ({ region, identity, ...options }: TunnelOptions): Promise<TLSSocket> => {
  const socket = await openUpgraded(options)
  return new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      servername: region,
      cert: identity.certificate,
      key: identity.key,
      ca: identity.authority,
      ...tunnelTls,
      rejectUnauthorized: true,
      checkServerIdentity: (_, { raw }) =>
        isCertifiedAs(new X509Certificate(raw), region)
          ? undefined
          : new Error(`the certificate is not of Region ${region}`),
    })
    const { signal } = options
    const onAbort = (): void => void secure.destroy(new Error('aborted'))
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    const deadline = setTimeout(() => secure.destroy(new Error('time-out')), options.timeoutMs)
    const settle = (): void => {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', onAbort)
    }
    secure.on('close', () => {
      settle()
      // The wrapped socket must not outlive what it carried.
      socket.destroy()
      reject(new Error('the connection was closed'))
    })
    secure.on('error', reject)
    secure.once('secureConnect', () => {
      settle()
      resolve(secure)
    })
  })
}

/** Keeps connections through tunnels open for the calls that follow. */
export class TunnelAgent extends Agent {
  readonly #open: (signal: AbortSignal) => Promise<TLSSocket>
  readonly #ending = new AbortController()

  constructor(
    open: (signal: AbortSignal) => Promise<TLSSocket>,
    options: { readonly keepAlive: boolean; readonly maxFreeSockets: number },
  ) {
    super(options)
    this.#open = open
    // Each attempt listens: there may be as many as there are calls at once.
    setMaxListeners(0, this.#ending.signal)
  }

  override createConnection(
    _: unknown,
    connected?: (error: Error | null, socket: TLSSocket) => void,
  ): undefined {
    this.#open(this.#ending.signal).then(
      (socket) => connected?.(null, socket),
      // Node's type asks for a socket also where there is an error.
      (error: Error) => connected?.(error, undefined as never),
    )
  }

  /** Ends the attempts that are under way as well: a Region that says nothing must not hold up a stop. */
  override destroy(): void {
    this.#ending.abort()
    super.destroy()
  }
}
