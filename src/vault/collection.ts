// How a kind of data is declared: its name, whether it travels to secondaries, its key and what it can be found by.

/** `replicated` data flows from the primary to the secondaries and is written at the primary only; `regional` data belongs to one Region. */
export type Locality = 'replicated' | 'regional'

/**
 * Something a record can be found by. `value` must be normalised already (lower case where the search ignores case).
 * `regionWide` terms are found without knowing the pool and hashed without a key: only for values that are public and unguessable or
 * public by nature (client IDs, domains).
 */
export type SearchTerm = {
  readonly name: string
  readonly value: string
  readonly regionWide?: boolean
}

export type Collection<Value, Where extends Locality = Locality> = {
  readonly name: string
  readonly locality: Where
  /** Sealed collections are unreadable in the store, key included. The few others hold public or wrapped data only. */
  readonly isSealed: boolean
  /** Settings are read at every request: opened values of such a collection are kept in memory by version. */
  readonly isCached: boolean
  /** The natural key; for sealed collections the store sees a keyed hash of it. For others it must be `[A-Za-z0-9_-]+`. */
  keyOf(value: Value): string
  terms(value: Value): readonly SearchTerm[]
  /** Names of terms that are also searched by the beginning of the value. A record has one value at most of each. */
  readonly beginnings: ReadonlySet<string>
}

type Declaration<Value, Where extends Locality> = {
  readonly locality: Where
  readonly isSealed?: boolean
  readonly isCached?: boolean
  keyOf(value: Value): string
  terms?(value: Value): readonly SearchTerm[]
  readonly beginnings?: readonly string[]
}

const declared = new Map<string, Collection<never>>()

/** Declares a collection. Values are JSON: no Date, no Uint8Array, no undefined that matters. A name is declared once. */
export const collection = <Value, Where extends Locality>(
  name: string,
  declaration: Declaration<Value, Where>,
): Collection<Value, Where> => {
  if (declared.has(name)) throw new Error(`collection ${name} is declared twice`)
  const made: Collection<Value, Where> = {
    name,
    locality: declaration.locality,
    isSealed: declaration.isSealed ?? true,
    isCached: declaration.isCached ?? false,
    keyOf: declaration.keyOf,
    terms: declaration.terms ?? (() => []),
    beginnings: new Set(declaration.beginnings),
  }
  declared.set(name, made as unknown as Collection<never>)
  return made
}

/** Every collection declared so far, for the reference page and for tests that walk all of them. */
export const allCollections = (): readonly Collection<never>[] => [...declared.values()]
