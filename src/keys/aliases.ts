// The aliases of a Region, all of them: how many there can be, and who they lead to.
import type { AliasRecord, KeyRecords } from './key-records.ts'

export const aliasesMax = 10_000

export const aliasesOf = async ({ aliases }: Pick<KeyRecords, 'aliases'>): Promise<readonly AliasRecord[]> =>
  (await aliases.list(undefined, aliasesMax)).map(({ value }) => value)
