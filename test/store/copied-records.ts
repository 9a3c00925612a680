// What the tests of filing copy: records with many search terms, and the index as it lies in the file, held against them.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Put, Store } from '../../src/store/store.ts'
import { record } from './records.ts'

export const copiedStream = 'pool'
export const copiedPosition = 7

/** Unlike each other and in no order, as hashes are. */
const scattered = (text: string): string => {
  let state = 7
  for (const character of text) state = (Math.imul(state, 31) + character.charCodeAt(0)) >>> 0
  return (Math.imul(state, 2_654_435_761) >>> 0).toString(36)
}

/** In key order; of each, the first term is shared by all, and the second found across pools. */
export const copiedRecords = (count: number, termsEach: number): readonly Put[] =>
  Array.from({ length: count }, (_, n) => {
    const id = String(n).padStart(6, '0')
    const place = n < count / 2 ? 'groups' : 'users'
    const terms = Array.from({ length: termsEach - 2 }, (_, m) => `${scattered(`${id} ${m}`)}-${m}`)
    return record(`${copiedStream}/${place}/${id}`, 1, `text ${id}`, ['all', `~${id}`, ...terms])
  })

/** Copies what is missing, in pages; begins the copy if there is none. Calls `onPage` while each is under way. Resolves at the copy's end. */
export const copyInto = async (
  store: Store,
  all: readonly Put[],
  pageRecords: number,
  onPage?: (isLast: boolean) => void,
): Promise<void> => {
  const { position, copy } = await store.head(copiedStream)
  if (position === copiedPosition && copy === undefined) return
  if (copy === undefined) await store.beginCopy(copiedStream, copiedPosition, 0)
  let rest = all.filter(({ key }) => copy?.after === undefined || key > copy.after)
  while (rest.length > 0) {
    const page = rest.slice(0, pageRecords)
    rest = rest.slice(pageRecords)
    const after = page.at(-1)?.key
    const isLast = rest.length === 0
    const copied = store.copyPage(copiedStream, page, isLast ? { after, until: copiedPosition } : { after })
    onPage?.(isLast)
    await copied
  }
}

/** The rows of the index, each as place, term and rest of the key, in order. The store must be closed. */
export const indexIn = (folder: string): readonly string[] => {
  const database = new DatabaseSync(join(folder, 'store.sqlite'), { readOnly: true })
  try {
    const rows = database
      .prepare('SELECT p.name, t.term, t.rest FROM terms t LEFT JOIN places p ON p.id = t.place')
      .all()
    return rows.map(({ name, term, rest }) => [name ?? '', term, rest].map(String).join(' ')).sort()
  } finally {
    database.close()
  }
}

/** What the index of these records has to be. */
export const indexOf = (records: readonly Put[]): readonly string[] =>
  records
    .flatMap(({ key, terms }) => {
      const [scope, collection, id] = key.split('/')
      return terms.map((term) =>
        term.startsWith('~') ? ` ${term} ${key}` : `${scope}/${collection} ${term} ${id}`,
      )
    })
    .sort()
