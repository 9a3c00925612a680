// The request target as one form, so that what the router looks at is what a Region gets (RFC 9112, section 3.2; RFC 3986, section 6.2.2).

export type RequestTarget = {
  /** Without dot segments, and with every octet decoded that needs no encoding. */
  readonly path: string
  /** As received, with its question mark; empty without one. */
  readonly query: string
}

/** RFC 3986, section 2.3: characters whose encoding says nothing. */
const unreserved = /[\w.~-]/

const decodeUnreserved = (path: string): string =>
  path.replace(/%([0-7][0-9A-Fa-f])/g, (encoded, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    return unreserved.test(character) ? character : encoded
  })

/** Undefined for a target that names no path of this server's. Absolute form is taken, as RFC 9112 asks of servers; its host is not heeded. */
export const requestTarget = (received: string): RequestTarget | undefined => {
  const start = received.indexOf('?')
  const [before, query] = start < 0 ? [received, ''] : [received.slice(0, start), received.slice(start)]
  const path = before.startsWith('/') ? before : /^https?:\/\/[^/]+(\/.*)?$/i.exec(before)?.[1]
  if (path === undefined || path.startsWith('//') || path.includes('\\')) return undefined
  return { path: new URL(`http://router.invalid${decodeUnreserved(path)}`).pathname, query }
}
