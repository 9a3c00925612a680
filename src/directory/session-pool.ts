// Which pool and client a sign-in's Session is of: written in the clear before the sealed part, for requests that name neither.

/** `poolId/clientId`, its length in one byte before it, and the sealed bytes after it; base64. */
export const sessionText = (
  { poolId, clientId }: { readonly poolId: string; readonly clientId: string },
  sealed: Buffer,
): string => {
  const owner = Buffer.from(`${poolId}/${clientId}`, 'latin1')
  return Buffer.concat([Buffer.from([owner.length]), owner, sealed]).toString('base64')
}

const ownerPattern = /^([\w-]+_[0-9A-Za-z]+)\/([\w+]+)$/

/** Takes a Session apart without believing it; undefined for what isn't one. */
export const sessionParts = (
  session: string,
): { readonly poolId: string; readonly clientId: string; readonly sealed: Buffer } | undefined => {
  const bytes = Buffer.from(session, 'base64')
  const end = 1 + (bytes[0] ?? 0)
  const [, poolId, clientId] = ownerPattern.exec(bytes.toString('latin1', 1, end)) ?? []
  if (poolId === undefined || clientId === undefined) return undefined
  return { poolId, clientId, sealed: bytes.subarray(end) }
}
