// Pages of key service lists: Limit, Marker, Truncated and NextMarker.
import { Fault } from '../wire/fault.ts'

/** A page of `items`, which are all there is in their order; `idOf` is what the marker names. Throws InvalidMarkerException. */
export const pageOf = <Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  request: { readonly Limit?: number | undefined; readonly Marker?: string | undefined },
  limitDefault: number,
): { readonly page: readonly Item[]; readonly Truncated: boolean; readonly NextMarker?: string } => {
  const after =
    request.Marker === undefined ? undefined : Buffer.from(request.Marker, 'base64url').toString('utf8')
  const start = after === undefined ? 0 : items.findIndex((item) => idOf(item) === after) + 1
  if (after !== undefined && start === 0)
    throw new Fault('InvalidMarkerException', 'The marker is not valid.')
  const page = items.slice(start, start + (request.Limit ?? limitDefault))
  const last = page.at(-1)
  const isTruncated = last !== undefined && start + page.length < items.length
  return {
    page,
    Truncated: isTruncated,
    ...(isTruncated ? { NextMarker: Buffer.from(idOf(last)).toString('base64url') } : {}),
  }
}
