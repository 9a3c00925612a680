// The columns of an import file (developer guide, "Creating the user import CSV file"), and what a pool needs before it can import.
import { Fault } from '../../wire/fault.ts'
import type { UserPool } from '../records/user-pool.ts'

/** In the order in which GetCSVHeader gives them. */
const standardColumns = [
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'preferred_username',
  'profile',
  'picture',
  'website',
  'email',
  'email_verified',
  'gender',
  'birthdate',
  'zoneinfo',
  'locale',
  'phone_number',
  'phone_number_verified',
  'address',
  'updated_at',
] as const

export const usernameColumn = 'cognito:username'
export const mfaColumn = 'cognito:mfa_enabled'
/** Files of jobs with a PasswordHashingAlgorithm must have it (developer guide, "Importing users with password hashes"). */
export const passwordHashColumn = 'password_hash'

export const importColumns = ({ schema }: Pick<UserPool, 'schema'>): readonly string[] => {
  const custom = schema
    .map(({ Name = '' }) => Name)
    .filter((name) => name.startsWith('custom:') || name.startsWith('dev:custom:'))
  return [...standardColumns, ...custom, mfaColumn, usernameColumn]
}

/** Throws when the pool verifies nothing by itself: nobody who is imported could then choose a password (same page). */
export const requireImportable = ({ settings }: Pick<UserPool, 'settings'>): void => {
  if ((settings.AutoVerifiedAttributes ?? []).length === 0)
    throw new Fault(
      'PreconditionNotMetException',
      'The user pool must have at least one auto-verified attribute, email or phone_number, to import users.',
    )
}

/** What is wrong with a file's first line; undefined when nothing is. */
export const headerFlaw = (
  header: readonly string[],
  userPool: Pick<UserPool, 'schema'>,
  hasHashes: boolean,
): string | undefined => {
  const known = [...importColumns(userPool), passwordHashColumn]
  // The guide's sample of a file with hashes leaves out columns that nobody has a value in.
  const wanted = hasHashes ? [usernameColumn, passwordHashColumn] : importColumns(userPool)
  const missing = wanted.find((column) => !header.includes(column))
  if (missing !== undefined) return `The header row has no column ${missing}.`
  const unknown = header.find((column) => !known.includes(column))
  if (unknown !== undefined) return `The header row has an unknown column ${unknown}.`
  return new Set(header).size === header.length ? undefined : 'The header row has a column twice.'
}
