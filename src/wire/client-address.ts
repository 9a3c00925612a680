// Which client a request comes from, where proxies stand before it: X-Forwarded-For, as far as the proxies that wrote it are trusted.
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddress from 'proxy-addr'
import { z } from 'zod'

/** Addresses and ranges in CIDR form, and the names `loopback`, `linklocal` and `uniquelocal` for what they are in either family. */
export const trustedProxies = z.array(z.string().refine(isProxyRange, 'is no address, range or name of one'))

function isProxyRange(text: string): boolean {
  try {
    proxyAddress.compile([text])
    return true
  } catch {
    return false
  }
}

export type ClientAddress = {
  /** The nearest address that is no trusted proxy's, else the farthest. Of a header that makes no sense the connection's own. */
  of(request: IncomingMessage): string
  /** Whether the connection's other end may say on whose behalf it comes. */
  isTrusted(request: IncomingMessage): boolean
}

export const clientAddressBehind = (proxies: readonly string[]): ClientAddress => {
  const trust = proxyAddress.compile([...proxies])
  const ownOf = (request: IncomingMessage): string => request.socket.remoteAddress ?? ''
  return {
    of: (request) => {
      const address = proxyAddress(request, trust)
      return isIP(address) === 0 ? ownOf(request) : address
    },
    isTrusted: (request) => trust(ownOf(request), 0),
  }
}
