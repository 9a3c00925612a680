// Rows of SQLite as typed values: node:sqlite hands out columns without types, so each is checked on the way in.
import type { SQLOutputValue } from 'node:sqlite'
import type { CopyState, Key, StoreRecord } from '../store.ts'
import { StoreFailure } from '../store-errors.ts'

export type Row = Record<string, SQLOutputValue>

const damaged = (column: string): StoreFailure =>
  new StoreFailure(`the database file is damaged: column ${column} holds what was never written to it`)

export const numberIn = (row: Row, column: string): number => {
  const value = row[column]
  if (typeof value !== 'number') throw damaged(column)
  return value
}

export const textIn = (row: Row, column: string): string => {
  const value = row[column]
  if (typeof value !== 'string') throw damaged(column)
  return value
}

export const bytesIn = (row: Row, column: string): Uint8Array => {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw damaged(column)
  return value
}

export const termsIn = (row: Row): readonly string[] => {
  const joined = textIn(row, 'terms')
  return joined === '' ? [] : joined.split('\n')
}

export const recordIn = (row: Row): StoreRecord => ({
  key: textIn(row, 'key'),
  version: numberIn(row, 'version'),
  value: bytesIn(row, 'value'),
  terms: termsIn(row),
})

/**
 * A copy under way. Records after `filed`, up to `after`, are stored without their search terms, of which there are about `unfiledTerms`; without
 * `filed` there are none such.
 */
export type CopyProgress = CopyState & {
  readonly filed?: Key | undefined
  readonly unfiledTerms?: number | undefined
}

export const copyIn = (row: Row): CopyProgress | undefined => {
  if (row.copy === null) return undefined
  return JSON.parse(textIn(row, 'copy')) as CopyProgress
}

/** What the port shows of it. */
export const shownCopy = ({ from, after, until }: CopyProgress): CopyState => ({
  from,
  ...(after === undefined ? {} : { after }),
  ...(until === undefined ? {} : { until }),
})
