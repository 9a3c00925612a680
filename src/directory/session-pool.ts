// Which pool a sign-in's Session is of: written in the clear before the sealed part, for requests that name no pool beside it.

/** The pool ID's length in one byte, the pool ID, the sealed bytes; base64. */
export const sessionText = (poolId: string, sealed: Buffer): string =>
  Buffer.concat([Buffer.from([poolId.length]), Buffer.from(poolId, 'latin1'), sealed]).toString('base64')

/** Takes a Session apart without believing it; undefined for what isn't one. */
export const sessionParts = (
  session: string,
): { readonly poolId: string; readonly sealed: Buffer } | undefined => {
  const bytes = Buffer.from(session, 'base64')
  const length = bytes[0] ?? 0
  const poolId = bytes.toString('latin1', 1, 1 + length)
  if (!/^[\w-]+_[0-9A-Za-z]+$/.test(poolId)) return undefined
  return { poolId, sealed: bytes.subarray(1 + length) }
}
