// Short forms for writing about records in the store's tests.
import type { Put, Store, StoreRecord } from '../../src/store/store.ts'

export const record = (key: string, version: number, text: string, terms: readonly string[] = []): Put => ({
  key,
  version,
  value: new TextEncoder().encode(text),
  terms,
})

/** A record as one can compare it: its value as text. */
export const shown = (found: StoreRecord | undefined) =>
  found === undefined
    ? undefined
    : { ...found, value: new TextDecoder().decode(found.value), terms: [...found.terms] }

export const keysOf = (records: readonly StoreRecord[]): string[] => records.map(({ key }) => key)

/** Every record of a scope, page by page. */
export const allRecords = async (store: Store, scope: string): Promise<StoreRecord[]> => {
  const all: StoreRecord[] = []
  for (;;) {
    const page = await store.range(`${scope}/`, { after: all.at(-1)?.key, limit: 1_000 })
    all.push(...page)
    if (page.length < 1_000) return all
  }
}
