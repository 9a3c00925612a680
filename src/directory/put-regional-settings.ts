// Writing this Region's settings of a pool: a replica has none until they are first set.
import type { Changes, Stored } from '../vault/records.ts'
import { type RegionalSettings, regionalSettings } from './records/user-pool.ts'

export const putRegionalSettings = (
  changes: Changes<'regional'>,
  stored: Stored<RegionalSettings> | undefined,
  value: RegionalSettings,
): void => {
  if (stored === undefined) changes.create(regionalSettings, value)
  else changes.replace(regionalSettings, stored, value)
}
