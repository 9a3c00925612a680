// Pages of key service lists: Limit, Marker, Truncated and NextMarker.
import { Fault } from '../wire/fault.ts'

const markerPrefix = 'after '

const readMarker = (marker: string): string => {
  const text = Buffer.from(marker, 'base64url').toString('utf8')
  if (!text.startsWith(markerPrefix)) throw new Fault('InvalidMarkerException', 'The marker is not valid.')
  return text.slice(markerPrefix.length)
}

const markerAfter = (place: string): string => Buffer.from(markerPrefix + place).toString('base64url')

/**
 * A page of `items`, which are all there is, by their places: texts that sort as the items do. A marker says where to go on, and is good also
 * when the item that it was made from has gone: who lists and deletes page by page misses nothing. Throws InvalidMarkerException.
 */
export const pageOf = <Item>(
  items: readonly Item[],
  placeOf: (item: Item, index: number) => string,
  request: { readonly Limit?: number | undefined; readonly Marker?: string | undefined },
  limitDefault: number,
): { readonly page: readonly Item[]; readonly Truncated: boolean; readonly NextMarker?: string } => {
  const after = request.Marker === undefined ? undefined : readMarker(request.Marker)
  const rest = items
    .map((item, index) => ({ item, place: placeOf(item, index) }))
    .filter(({ place }) => after === undefined || place > after)
    .sort((left, right) => (left.place < right.place ? -1 : 1))
  const page = rest.slice(0, request.Limit ?? limitDefault)
  const last = page.at(-1)
  const isTruncated = last !== undefined && page.length < rest.length
  return {
    page: page.map(({ item }) => item),
    Truncated: isTruncated,
    ...(isTruncated ? { NextMarker: markerAfter(last.place) } : {}),
  }
}

/** A place for what is in the order of time or of its making. */
export const placeOfNumber = (value: number): string => String(value).padStart(16, '0')
