// The names of a deployment: issuers, JWKS, token endpoint and ARNs (spec/replication.md, "Tokens, across Regions").

export type EndpointOptions = {
  readonly region: string
  readonly account: string
  /** This Region's own origin, for example `http://127.0.0.1:9229`. */
  readonly regionOrigin: string
  /** The router's origin, for example `http://127.0.0.1:9228`. */
  readonly routerOrigin: string
  /** With wildcard DNS (or hosts entries) for it, names are Amazon's with this in the place of `amazonaws.com`. */
  readonly baseDomain?: string
  readonly scheme: 'http' | 'https'
  /** `:9228`, or empty for the scheme's own port; only used with a base domain. */
  readonly portSuffix: string
}

export type Endpoints = {
  readonly regionOrigin: string
  readonly routerOrigin: string
  readonly baseDomain: string | undefined
  readonly poolArn: (poolId: string) => string
  /** `iss` of tokens issued here for a pool on this issuer type. */
  readonly issuer: (poolId: string, type: 'ORIGINAL' | 'UPDATED') => string
  /** Every issuer under which this deployment may have issued tokens for the pool in any of these Regions is checked by pool ID and key, so this is all a verifier needs: the pool ID that an `iss` names, or undefined. */
  readonly poolIdOfIssuer: (issuer: string) => string | undefined
  /**
   * Origin of a pool's OAuth endpoints under its prefix or custom domain. Without a base domain names don't resolve, and without a domain there
   * are none: it is then the Region's own, or the router's for the issuer of all Regions, where the client ID says which pool.
   */
  readonly oauthOrigin: (poolId: string, type: 'ORIGINAL' | 'UPDATED', domain: string | undefined) => string
}

const poolIdAtEnd = /\/([\w-]+_[0-9A-Za-z]+)$/

/** The Region in which a pool was created: the part of its ID before the last underscore. */
export const creatingRegion = (poolId: string): string => poolId.slice(0, poolId.lastIndexOf('_'))

/** A prefix is one label of a name, a custom domain a whole name. */
export const isCustomDomain = (domain: string): boolean => domain.includes('.')

export const createEndpoints = (options: EndpointOptions): Endpoints => {
  const { baseDomain, scheme, portSuffix, region } = options
  const named = (host: string): string => `${scheme}://${host}.${baseDomain}${portSuffix}`
  return {
    regionOrigin: options.regionOrigin,
    routerOrigin: options.routerOrigin,
    baseDomain,
    poolArn: (poolId) => `arn:aws:cognito-idp:${region}:${options.account}:userpool/${poolId}`,
    issuer: (poolId, type) => {
      if (baseDomain === undefined)
        return `${type === 'UPDATED' ? options.routerOrigin : options.regionOrigin}/${poolId}`
      return type === 'UPDATED'
        ? `${named(`issuer-cognito-idp.${creatingRegion(poolId)}`)}/${poolId}`
        : `${named(`cognito-idp.${region}`)}/${poolId}`
    },
    poolIdOfIssuer: (issuer) => poolIdAtEnd.exec(issuer)?.[1],
    oauthOrigin: (poolId, type, domain) => {
      if (baseDomain === undefined || domain === undefined)
        return type === 'UPDATED' ? options.routerOrigin : options.regionOrigin
      if (isCustomDomain(domain)) return `${scheme}://${domain}${portSuffix}`
      return named(`${domain}.auth.${type === 'UPDATED' ? creatingRegion(poolId) : region}`)
    },
  }
}
