// Keyed hashes by which sealed records are found: record keys and search terms (equality and prefix).
import { createHash, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { SearchTerm } from './collection.ts'

/** Lengths, in characters, for which a prefix term is stored. A search uses the longest one that fits and sifts the rest after opening. */
const prefixLengths = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64] as const

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

const equalTerm = (searchKey: Uint8Array, collection: string, name: string, value: string): string =>
  keyedHash(searchKey, termBytes, ['equal', collection, name, value])

const prefixTerm = (searchKey: Uint8Array, collection: string, name: string, prefix: string): string =>
  keyedHash(searchKey, termBytes, ['prefix', collection, name, prefix])

/** Every store term under which a record with these search terms is filed. */
export const storeTerms = (
  searchKey: Uint8Array,
  collection: string,
  terms: readonly SearchTerm[],
): readonly string[] => {
  const filed = new Set<string>()
  for (const { name, value, match, regionWide } of terms) {
    if (regionWide === true) {
      filed.add(regionWideTerm(collection, name, value))
      continue
    }
    filed.add(equalTerm(searchKey, collection, name, value))
    if (match !== 'prefix') continue
    const characters = Array.from(value)
    for (const length of prefixLengths) {
      if (length > characters.length) break
      filed.add(prefixTerm(searchKey, collection, name, characters.slice(0, length).join('')))
    }
  }
  return [...filed].sort()
}

/** The store term to look under for a search. An empty prefix has none (undefined): every record matches. */
export const searchedTerm = (
  searchKey: Uint8Array,
  collection: string,
  search: { readonly name: string; readonly value: string; readonly match?: 'exact' | 'prefix' },
): string | undefined => {
  if (search.match !== 'prefix') return equalTerm(searchKey, collection, search.name, search.value)
  const characters = Array.from(search.value)
  const length = prefixLengths.findLast((candidate) => candidate <= characters.length)
  if (length === undefined) return undefined
  return prefixTerm(searchKey, collection, search.name, characters.slice(0, length).join(''))
}
