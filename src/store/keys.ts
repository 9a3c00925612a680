// What a key, a scope and a term may look like, and the bounds by which keys with a common beginning are found.
import type { Commit, FoundPosition, Key, RangeOptions, StoreRecord } from './store.ts'

export const keyLengthMax = 512
export const scopeLengthMax = 128
export const termLengthMax = 256
export const termsPerRecordMax = 1_000
/** Puts, deletes, checks and additions of one commit, each. */
export const changesPerCommitMax = 10_000
/** Keys, terms and values of one commit together: a log entry must fit into one frame of the feed (16 MiB). */
export const commitBytesMax = 8 * 1024 * 1024
export const pageLimitMax = 10_000
export const getManyMax = 1_000

const printableAscii = /^[\x20-\x7e]*$/
const keyPattern = /^[\x20-\x2e\x30-\x7e]+\/[\x20-\x2e\x30-\x7e]+\/[\x20-\x7e]+$/
const scopePattern = /^[\x20-\x2e\x30-\x7e]+$/

const shown = (text: unknown): string => JSON.stringify(String(text).slice(0, 80))

export const checkKey = (key: Key): void => {
  if (typeof key !== 'string' || key.length > keyLengthMax || !keyPattern.test(key))
    throw new RangeError(`not a key of the form scope/collection/id: ${shown(key)}`)
}

export const checkScope = (scope: string): void => {
  if (typeof scope !== 'string' || scope.length > scopeLengthMax || !scopePattern.test(scope))
    throw new RangeError(`not a scope: ${shown(scope)}`)
}

/** Regional scopes begin with '@'; every other scope is a stream. */
export const isStream = (scope: string): boolean => !scope.startsWith('@')

export const checkStream = (stream: string): void => {
  checkScope(stream)
  if (!isStream(stream)) throw new RangeError(`a regional scope has no stream: ${shown(stream)}`)
}

export const scopeOf = (key: Key): string => key.slice(0, key.indexOf('/'))

/** `scope/collection` of a key. */
export const placeOf = (key: Key): string => key.slice(0, key.indexOf('/', key.indexOf('/') + 1))

export const checkNumber = (value: number, min: number, name: string): void => {
  if (!Number.isSafeInteger(value) || value < min)
    throw new RangeError(`${name} must be a whole number from ${min}: ${shown(value)}`)
}

const checkTerms = (record: StoreRecord): number => {
  let bytes = 0
  if (record.terms.length > termsPerRecordMax)
    throw new RangeError(`a record has more than ${termsPerRecordMax} terms: ${record.key}`)
  for (const term of record.terms) {
    if (typeof term !== 'string' || term === '' || term.length > termLengthMax || !printableAscii.test(term))
      throw new RangeError(
        `a term must be printable ASCII of 1 to ${termLengthMax} characters: ${record.key}`,
      )
    bytes += term.length + 2
  }
  return bytes
}

/** Checks one record and returns its size in bytes. */
export const checkRecord = (record: StoreRecord): number => {
  checkKey(record.key)
  checkNumber(record.version, 1, `the version of ${record.key}`)
  if (!(record.value instanceof Uint8Array))
    throw new RangeError(`the value of ${record.key} is not a Uint8Array`)
  return record.key.length + record.value.byteLength + checkTerms(record) + 32
}

const checkInStream = (key: Key, stream: string | undefined): void => {
  const scope = scopeOf(key)
  if (!isStream(scope) || scope === stream) return
  if (stream === undefined)
    throw new RangeError(`a commit that changes ${scope} must name it as its stream: ${key}`)
  throw new RangeError(`a commit in the stream ${stream} can't change another stream's record: ${key}`)
}

/** Refuses a malformed commit with RangeError before anything is queued; returns its size in bytes. */
export const checkCommit = (commit: Commit): number => {
  const { check = [], put = [], delete: deleted = [], add = [], stream } = commit
  for (const list of [check, put, deleted, add])
    if (list.length > changesPerCommitMax)
      throw new RangeError(`a commit holds at most ${changesPerCommitMax} changes of a kind`)
  if (stream !== undefined) checkStream(stream)
  const changed = new Set<Key>()
  const once = (key: Key): void => {
    if (changed.has(key)) throw new RangeError(`a commit changes a key twice: ${key}`)
    changed.add(key)
  }
  let bytes = 64
  for (const { key, version } of check) {
    checkKey(key)
    checkNumber(version, 0, `the version of ${key}`)
    bytes += key.length + 16
  }
  for (const record of put) {
    bytes += checkRecord(record)
    checkInStream(record.key, stream)
    once(record.key)
  }
  for (const key of deleted) {
    checkKey(key)
    checkInStream(key, stream)
    once(key)
    bytes += key.length + 16
  }
  for (const { key, amount } of add) {
    checkKey(key)
    if (!Number.isSafeInteger(amount)) throw new RangeError(`an addition must be a whole number: ${key}`)
    bytes += key.length + 16
  }
  if (bytes > commitBytesMax) throw new RangeError(`a commit is larger than ${commitBytesMax} bytes`)
  return bytes
}

export const checkLimit = (limit: number): void => {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > pageLimitMax)
    throw new RangeError(`limit must be 1 to ${pageLimitMax}: ${shown(limit)}`)
}

/** The keys that begin with `prefix`: from the first bound (inclusive) to the second (exclusive). 0x7f follows every printable character. */
export const prefixBounds = (prefix: string): readonly [string, string] => [prefix, `${prefix}\x7f`]

/** Bounds (inclusive, exclusive) of the keys that a range or find has still to look at. */
export const rangeBounds = (prefix: string, options: RangeOptions): readonly [string, string] => {
  checkLimit(options.limit)
  const { after, reverse = false } = options
  if (prefix.length > keyLengthMax || !printableAscii.test(prefix))
    throw new RangeError(`a prefix must be printable ASCII: ${shown(prefix)}`)
  const [from, to] = prefixBounds(prefix)
  if (after === undefined) return [from, to]
  if (after.length > keyLengthMax || !printableAscii.test(after))
    throw new RangeError(`'after' must be printable ASCII: ${shown(after)}`)
  if (reverse) return after < to ? [from, after] : [from, to]
  // The first key that can follow `after` is `after` with a space, the lowest printable character.
  const next = `${after} `
  return next > from ? [next, to] : [from, to]
}

/** Terms that are found across scopes. All others are found within one `scope/collection`, by which an engine may order its index. */
export const isRegionWide = (term: string): boolean => term.startsWith('~')

const checkTerm = (term: string): void => {
  if (typeof term !== 'string' || term === '' || term.length > termLengthMax || !printableAscii.test(term))
    throw new RangeError(`a term has 1 to ${termLengthMax} printable characters`)
}

/** `scope/collection` of a prefix that names at least that much. */
export const placeIn = (prefix: string): string | undefined => {
  const scopeEnd = prefix.indexOf('/')
  const end = scopeEnd === -1 ? -1 : prefix.indexOf('/', scopeEnd + 1)
  return end === -1 ? undefined : prefix.slice(0, end)
}

/** Refuses what `find` doesn't take; returns the bounds of the keys as rangeBounds does. */
export const findBounds = (
  term: string,
  prefix: string,
  options: RangeOptions,
): readonly [string, string] => {
  checkTerm(term)
  const bounds = rangeBounds(prefix, options)
  if (!isRegionWide(term) && placeIn(prefix) === undefined)
    throw new RangeError(`a term is found within one scope/collection: ${shown(prefix)}`)
  return bounds
}

export const checkPlace = (scopeAndCollection: string): void => {
  if (placeOf(`${scopeAndCollection}/x`) !== scopeAndCollection)
    throw new RangeError(`not of the form scope/collection: ${shown(scopeAndCollection)}`)
}

/**
 * Refuses what `findBeginning` doesn't take. Returns the position (exclusive) after which it has to look, and the bound (exclusive) of the terms.
 * Every key is longer than the empty one, so that no record is passed over at the beginning.
 */
export const beginningBounds = (
  beginning: string,
  scopeAndCollection: string,
  options: { readonly after?: FoundPosition; readonly limit: number },
): { readonly after: FoundPosition; readonly end: string } => {
  checkTerm(beginning)
  checkPlace(scopeAndCollection)
  checkLimit(options.limit)
  if (isRegionWide(beginning)) throw new RangeError('a term that is found across scopes has no beginning')
  const first = { term: beginning, key: `${scopeAndCollection}/` }
  const { after } = options
  const end = `${beginning}\x7f`
  if (after === undefined || after.term < beginning) return { after: first, end }
  checkTerm(after.term)
  if (after.key.length > keyLengthMax || !printableAscii.test(after.key))
    throw new RangeError(`'after' must be printable ASCII: ${shown(after.key)}`)
  return { after, end }
}
