// Rows of PostgreSQL as typed values. Numbers of 8 bytes come as text, because not all of them are safe integers.

import { digestFromHex } from '../digest.ts'
import type { CopyState, StoreRecord } from '../store.ts'
import type { StreamState } from './group-state.ts'

export type RecordRow = {
  readonly key: string
  readonly version: string
  readonly terms: string
  readonly value: Buffer
}

export const splitTerms = (joined: string): readonly string[] => (joined === '' ? [] : joined.split('\n'))
export const joinTerms = (terms: readonly string[]): string => terms.join('\n')

export const recordIn = ({ key, version, terms, value }: RecordRow): StoreRecord => ({
  key,
  version: Number(version),
  value,
  terms: splitTerms(terms),
})

export type StreamRow = {
  readonly stream: string
  readonly position: string
  readonly epoch: string
  readonly digest: string
  readonly entry_digest: string | null
  readonly trimmed: string
  readonly copy: CopyState | null
}

export const streamIn = (row: StreamRow): StreamState => ({
  position: Number(row.position),
  epoch: Number(row.epoch),
  digest: digestFromHex(row.digest),
  entryDigest: row.entry_digest ?? undefined,
  trimmed: Number(row.trimmed),
  copy: row.copy ?? undefined,
})
