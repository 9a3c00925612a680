// Pagination tokens: opaque to callers, good only for the operation and the pool that they were made for.
import { Fault } from '../wire/fault.ts'

const tokenLengthMax = 1_024
/** What a records page may hand out as `after`: a keyed hash, or the plain key of a collection that isn't sealed. */
const afterPattern = /^[A-Za-z0-9_-]{1,128}$/

/** `kind` names the listing and what it is of, e.g. `ListUsers us-east-1_Ab12Cd34E`. Undefined in, undefined out. */
export function encodePageToken(kind: string, after: string): string
export function encodePageToken(kind: string, after: string | undefined): string | undefined
export function encodePageToken(kind: string, after: string | undefined): string | undefined {
  return after === undefined ? undefined : Buffer.from(JSON.stringify([kind, after])).toString('base64url')
}

/** Where to go on; undefined without a token. Throws InvalidParameterException for one that isn't of this kind. */
export const decodePageToken = (kind: string, token: string | undefined): string | undefined => {
  if (token === undefined) return undefined
  const after = token.length > tokenLengthMax ? undefined : afterIn(kind, token)
  if (after === undefined) throw new Fault('InvalidParameterException', 'Invalid pagination token.')
  return after
}

const afterIn = (kind: string, token: string): string | undefined => {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
  if (!Array.isArray(parsed) || parsed.length !== 2) return undefined
  const [tokenKind, after] = parsed as readonly unknown[]
  return tokenKind === kind && typeof after === 'string' && afterPattern.test(after) ? after : undefined
}
