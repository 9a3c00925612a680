// How names under the base domain begin and end, as clients see them.
import type { RegionConfiguration } from './configuration.ts'

/** Whatever serves port 443 before the router speaks HTTPS there. */
export const publicNames = ({
  publicPort,
  routerOrigin,
  tls,
}: Pick<RegionConfiguration, 'publicPort' | 'routerOrigin' | 'tls'>): {
  readonly scheme: 'http' | 'https'
  readonly portSuffix: string
} => {
  const scheme = tls !== undefined || publicPort === 443 ? 'https' : 'http'
  const { port } = new URL(publicPort === undefined ? routerOrigin : `${scheme}://router:${publicPort}`)
  return { scheme, portSuffix: port === '' ? '' : `:${port}` }
}
