// Errors of the key service's model that no request gets here, and why.
import type { NeverComing } from './errors-that-never-come.ts'

export const neverComingKeyErrors: readonly NeverComing[] = []
