// What the writer of the crash test commits: several records that must change together, and a counter.
import type { Commit } from '../../src/store/store.ts'
import { record } from './records.ts'

export const writersCount = 24
export const partsCount = 4

export const crashKey = (writer: number, part: number): string => `pool/parts/${writer}-${part}`
export const crashCounter = (writer: number): string => `@pool/commits/${writer}`
const marker = (writer: number, n: number): string => `pool/markers/${writer}-${n}`

/** The n-th commit of a writer replaces its parts, adds a marker, takes away the one before, and counts. */
export const crashCommit = (writer: number, n: number): Commit => {
  const parts = Array.from({ length: partsCount }, (_, part) =>
    record(crashKey(writer, part), n, `${n} `.repeat(100), [`w${writer}`, `n${n}`]),
  )
  return {
    stream: 'pool',
    check: [{ key: crashKey(writer, 0), version: n - 1 }],
    put: [...parts, record(marker(writer, n), 1, '')],
    delete: n > 1 ? [marker(writer, n - 1)] : [],
    add: [{ key: crashCounter(writer), amount: 1 }],
  }
}

export const markersOf = (writer: number, n: number): string[] => (n > 0 ? [marker(writer, n)] : [])
