// The receiving end of tunnels between Regions: TLS 1.3 in which the other side must show a Region's certificate, and HTTP inside it.
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Logger } from '../telemetry/log.ts'
import type { PeerEndpoint } from './peer-endpoint.ts'
import { isCertifiedAs, type PeerIdentity } from './peer-identity.ts'
import { openUpgraded, tunnelProtocol, tunnelTls } from './peer-tunnel.ts'

/** Connections that have shown no certificate yet. */
const unprovenMax = 1_024
const handshakeTimeMs = 10_000
/** A stream has a heartbeat every few seconds, and an answer takes less: who is silent for so long, or reads nothing, is cut off. */
const idleTimeMs = 60_000
const keepAliveTimeMs = 75_000
/** How long calls in flight may take to finish once the listener is closing. */
const drainTimeMs = 5_000
/** Set on a tunnel that one node hands to another: a node that no longer leads refuses it instead of handing it on in a circle. */
const handedOnHeader = 'x-twinpool-handed-on'

export type PeerListenerOptions = {
  /** The Regions of the deployment: others get nothing, whoever certified them. */
  readonly regions: readonly string[]
  readonly identity: () => PeerIdentity
  readonly endpoint: PeerEndpoint
  /** Only the lead node of a Region answers; the others hand tunnels to it as they are. */
  readonly isLeader: () => boolean
  readonly leader: () => string | undefined
  /** PEM of the authority of the nodes' own endpoints, if they are served over TLS. */
  readonly publicAuthority: string | undefined
  readonly log: Logger
}

export type PeerListener = {
  /** Takes over a connection that asked for a tunnel. */
  accept(request: IncomingMessage, socket: Socket, head: Uint8Array): void
  /** Ends the tunnels in which nothing is being answered: this node doesn't lead any longer, and their next call is for another. */
  endIdle(): void
  /** Resolves when no tunnel is left. Takes no new ones. */
  close(): Promise<void>
}

const switching = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${tunnelProtocol}\r\n\r\n`
const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'

export const createPeerListener = (options: PeerListenerOptions): PeerListener => {
  const { identity, log } = options
  /** Connections as they came, of tunnels that end here and of those that this node hands on. */
  const tunnels = new Set<Socket>()
  const handedOn = new Set<Socket>()
  /** The connections inside, and what their certificates name. */
  const proven = new Map<Socket, ReadonlySet<string>>()
  const answering = new Set<Socket>()
  let unprovenCount = 0
  let closed: (() => void) | undefined

  let shown = identity()
  const secureContext = ({ certificate, key, authority }: PeerIdentity) => ({
    ...tunnelTls,
    cert: certificate,
    key,
    ca: authority,
  })
  const server = createServer(
    {
      ...secureContext(shown),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: handshakeTimeMs,
      keepAliveTimeout: keepAliveTimeMs,
    },
    (request, response) => {
      const { socket } = request
      const regions = proven.get(socket)
      if (regions === undefined) {
        socket.destroy()
        return
      }
      answering.add(socket)
      response.on('error', () => response.destroy())
      response.on('close', () => {
        answering.delete(socket)
        if (closed !== undefined) socket.destroySoon()
      })
      if (!options.isLeader()) response.writeHead(503, { connection: 'close' }).end()
      else options.endpoint(request, response, regions).catch(() => response.destroy())
    },
  )
  server.timeout = idleTimeMs
  // Before the server reads a request from it.
  server.prependListener('secureConnection', (socket) => {
    unprovenCount -= 1
    const certificate = socket.getPeerX509Certificate()
    const regions = options.regions.filter(
      (region) => certificate !== undefined && isCertifiedAs(certificate, region),
    )
    if (regions.length === 0) log.warn('a certificate of no Region of this deployment was shown by a caller')
    if (regions.length === 0 || closed !== undefined) {
      socket.destroy()
      return
    }
    proven.set(socket, new Set(regions))
    socket.on('close', () => proven.delete(socket))
  })

  server.on('tlsClientError', (error, socket) => {
    unprovenCount -= 1
    log.warn({ err: error }, 'a caller has not shown that it is a Region of this deployment')
    socket.destroy()
  })

  const track = (socket: Socket, set: Set<Socket>): void => {
    set.add(socket)
    socket.on('close', () => {
      set.delete(socket)
      if (tunnels.size + handedOn.size === 0) closed?.()
    })
    socket.on('error', () => socket.destroy())
  }

  const handOn = async (socket: Socket): Promise<void> => {
    track(socket, handedOn)
    const origin = options.leader()
    if (origin === undefined) {
      socket.end(unavailable)
      return
    }
    try {
      const far = await openUpgraded({
        origin,
        publicAuthority: options.publicAuthority,
        timeoutMs: handshakeTimeMs,
        headers: { [handedOnHeader]: '1' },
      })
      track(far, handedOn)
      far.on('close', () => socket.destroy())
      socket.on('close', () => far.destroy())
      if (socket.destroyed) far.destroy()
      else {
        socket.write(switching)
        socket.pipe(far)
        far.pipe(socket)
      }
    } catch (error) {
      log.warn({ err: error }, 'the lead node of this Region gave no answer')
      socket.end(unavailable)
    }
  }

  const endIdle = (): void => {
    for (const socket of proven.keys()) if (!answering.has(socket)) socket.destroySoon()
  }

  return {
    accept: (request, socket, head) => {
      const isLeader = options.isLeader()
      // In TLS the client speaks first, but not before it knows that it is heard.
      if (head.length > 0) socket.destroy()
      else if (closed !== undefined || unprovenCount >= unprovenMax) socket.end(unavailable)
      else if (!isLeader && request.headers[handedOnHeader] === undefined) void handOn(socket)
      else if (!isLeader) socket.end(unavailable)
      else {
        track(socket, tunnels)
        unprovenCount += 1
        const current = identity()
        if (current !== shown) server.setSecureContext(secureContext(current))
        shown = current
        socket.write(switching)
        // An end within TLS is the end: node:http leaves connections half open, which would then never close.
        socket.allowHalfOpen = false
        server.emit('connection', socket)
      }
    },
    endIdle,
    close: async () => {
      const over = new Promise<void>((resolve) => {
        closed = resolve
      })
      for (const socket of handedOn) socket.destroy()
      endIdle()
      if (tunnels.size + handedOn.size === 0) return
      const deadline = setTimeout(() => {
        for (const socket of tunnels) socket.destroy()
      }, drainTimeMs)
      await over
      clearTimeout(deadline)
    },
  }
}
