// Keyed hashes by which sealed records are found: record keys and search terms (equality and prefix).
import { createHash, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { SearchTerm } from './collection.ts'

/**
 * A value that is searched by its beginning is filed under one term, a path: some characters for the name, then two for each of these
 * lengths, from the keyed hash of that many characters of the value; what a value is too short for is filled from the keyed hash of the whole
 * value, as are the last characters. Values that begin alike thus have terms that begin alike, one row of the index answers every length, and
 * the engine finds all of them side by side. A search uses the longest length that fits and sifts the rest after opening.
 */
const pathLengths = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32] as const

/** In characters of 6 bits. The name's are enough that the terms of two names never lie together: a record would be found twice. */
const nameCharacters = 6
/** Among the values that begin alike up to there, one in 4,096 is found in vain and sifted out. */
const stepCharacters = 2
const wholeCharacters = 8
const pathCharacters = nameCharacters + pathLengths.length * stepCharacters + wholeCharacters

/** 48 bits: a false hit is sifted out after opening, and less leaks. */
const termBytes = 6
const regionTermBytes = 9
const keyBytes = 16

/** The search key of a scope, derived from its wrapped 32-byte search root. */
export const deriveSearchKey = (searchRoot: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', searchRoot, new Uint8Array(), 'twinpool search v1', 32))

/** Node takes a KeyObject five times faster than bytes, and every read begins with a keyed hash. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>()
const keyObjectOf = (searchKey: Uint8Array): KeyObject => {
  const known = keyObjects.get(searchKey)
  if (known !== undefined) return known
  const made = createSecretKey(searchKey)
  keyObjects.set(searchKey, made)
  return made
}

const keyedHash = (searchKey: Uint8Array, length: number, parts: readonly string[]): string =>
  createHmac('sha256', keyObjectOf(searchKey))
    .update(JSON.stringify(parts))
    .digest()
    .subarray(0, length)
    .toString('base64url')

/** The last segment of a sealed record's store key. */
export const hashedKey = (searchKey: Uint8Array, collection: string, naturalKey: string): string =>
  keyedHash(searchKey, keyBytes, ['key', collection, naturalKey])

/** A term that is found without the pool's key, for public values. */
export const regionWideTerm = (collection: string, name: string, value: string): string =>
  `~${createHash('sha256')
    .update(JSON.stringify([collection, name, value]))
    .digest()
    .subarray(0, regionTermBytes)
    .toString('base64url')}`

const equalTerm = (searchKey: Uint8Array, collection: string, { name, value }: SearchTerm): string =>
  keyedHash(searchKey, termBytes, ['equal', collection, name, value])

/** The path as far as the value's characters lead. */
const pathTo = (searchKey: Uint8Array, collection: string, name: string, value: string): string => {
  const characters = Array.from(value)
  let path = keyedHash(searchKey, keyBytes, ['name', collection, name]).slice(0, nameCharacters)
  for (const length of pathLengths) {
    if (length > characters.length) break
    const beginning = characters.slice(0, length).join('')
    path += keyedHash(searchKey, keyBytes, ['prefix', collection, name, beginning]).slice(0, stepCharacters)
  }
  return path
}

/** Every path is equally long, so that it doesn't tell how long the value is. */
const pathTerm = (searchKey: Uint8Array, collection: string, { name, value }: SearchTerm): string => {
  const path = pathTo(searchKey, collection, name, value)
  const whole = keyedHash(searchKey, 32, ['whole', collection, name, value])
  return path + whole.slice(0, pathCharacters - path.length)
}

type Searched = { readonly name: string; readonly beginnings: ReadonlySet<string> }

/** Every store term under which a record with these search terms is filed. Throws for a second value of a name searched by its beginning. */
export const storeTerms = (
  searchKey: Uint8Array,
  { name: collection, beginnings }: Searched,
  terms: readonly SearchTerm[],
): readonly string[] => {
  const filed = new Set<string>()
  const names = new Set<string>()
  for (const term of terms) {
    if (term.regionWide === true) filed.add(regionWideTerm(collection, term.name, term.value))
    else if (!beginnings.has(term.name)) filed.add(equalTerm(searchKey, collection, term))
    else {
      if (names.has(term.name)) throw new Error(`a record of ${collection} has two values of ${term.name}`)
      names.add(term.name)
      filed.add(pathTerm(searchKey, collection, term))
    }
  }
  return [...filed].sort()
}

export type Search = { readonly name: string; readonly value: string; readonly match?: 'exact' | 'prefix' }

/** What to look under for a search: a store term, or the beginning of store terms. Throws for a prefix of a name that wasn't declared so. */
export const searchedTerm = (
  searchKey: Uint8Array,
  { name: collection, beginnings }: Searched,
  search: Search,
): { readonly kind: 'term' | 'beginning'; readonly term: string } => {
  if (search.match === 'prefix') {
    if (!beginnings.has(search.name))
      throw new Error(`${collection} is not searched by the beginning of ${search.name}`)
    return { kind: 'beginning', term: pathTo(searchKey, collection, search.name, search.value) }
  }
  const file = beginnings.has(search.name) ? pathTerm : equalTerm
  return { kind: 'term', term: file(searchKey, collection, search) }
}

/** A position in a search by a beginning, in one word: its term and the last segment of its key. */
export const encodePosition = (term: string, lastSegment: string): string => term + lastSegment

/** Every path is equally long; undefined for what no search handed out. */
export const decodePosition = (
  position: string,
): { readonly term: string; readonly lastSegment: string } | undefined =>
  position.length <= pathCharacters
    ? undefined
    : { term: position.slice(0, pathCharacters), lastSegment: position.slice(pathCharacters) }
