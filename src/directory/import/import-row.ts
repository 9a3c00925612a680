// One row of an import file as a user of the pool, by the rules of "Formatting the CSV file" (developer guide).
import type { PasswordHashingAlgorithmType } from '@aws-sdk/client-cognito-identity-provider'
import type { Clock, Random } from '../../telemetry/clock.ts'
import { newAttributes } from '../attribute-rules.ts'
import { importedPassword } from '../imported-password.ts'
import { attributesWithName, makeUser } from '../new-user.ts'
import type { User } from '../records/user.ts'
import type { UserPool } from '../records/user-pool.ts'
import { mfaColumn, passwordHashColumn, usernameColumn } from './import-header.ts'

/** A row that can't be imported; the message names no value of it. */
export class RowRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RowRefused'
  }
}

const flag = (value: string, column: string): string => {
  const text = value.toLowerCase()
  if (text !== '' && text !== 'true' && text !== 'false')
    throw new RowRefused(`${column} is neither true nor false`)
  return text
}

/** Imported users may only set a password through a verified address, so one of those that the pool verifies must be. */
const requireVerified = (attributes: Readonly<Record<string, string>>, { settings }: UserPool): void => {
  const verified = (settings.AutoVerifiedAttributes ?? []).filter(
    (name) => attributes[name] !== undefined && attributes[`${name}_verified`] === 'true',
  )
  if (verified.length === 0) throw new RowRefused('none of the attributes that the pool verifies is verified')
}

/** "This field must correspond to the MFA requirements of your user pool", or be blank. */
const checkMfa = (isEnabled: string, { settings }: UserPool): void => {
  const isRefused =
    (isEnabled === 'true' && settings.MfaConfiguration === 'OFF') ||
    (isEnabled === 'false' && settings.MfaConfiguration === 'ON')
  if (isRefused) throw new RowRefused(`${mfaColumn} is not what the user pool requires`)
}

const codesTo = { email: 'EMAIL_OTP', phone_number: 'SMS_OTP' } as const

/** Whether the user can sign in with a code alone (same page, "Requiring imported users to reset their passwords"). */
const needsNoPassword = (attributes: Readonly<Record<string, string>>, { settings }: UserPool): boolean =>
  Object.entries(codesTo).some(
    ([name, factor]) =>
      attributes[name] !== undefined &&
      settings.Policies?.SignInPolicy?.AllowedFirstAuthFactors?.includes(factor) === true,
  )

/**
 * The user that a row describes: RESET_REQUIRED, or CONFIRMED with the hash of a password or a way to sign in without one. Throws RowRefused, or a Fault of the rules of
 * attributes and names.
 */
export const userOfRow = (
  header: readonly string[],
  fields: readonly string[],
  userPool: UserPool,
  about: {
    readonly hashing: PasswordHashingAlgorithmType | undefined
    readonly clock: Clock
    readonly random: Random
  },
): User => {
  if (fields.length !== header.length)
    throw new RowRefused(`the row has ${fields.length} fields and the header ${header.length}`)
  const row = new Map(header.map((column, index) => [column, (fields[index] ?? '').trim()]))
  const username = row.get(usernameColumn) ?? ''
  if (username === '') throw new RowRefused(`${usernameColumn} is empty`)
  checkMfa(flag(row.get(mfaColumn) ?? '', mfaColumn), userPool)
  const given = Object.fromEntries(
    header
      .filter((column) => !column.startsWith('cognito:') && column !== passwordHashColumn)
      .map((column) => {
        const value = row.get(column) ?? ''
        return [column, column.endsWith('_verified') ? flag(value, column) : value]
      })
      .filter(([, value]) => value !== ''),
  ) as Record<string, string>
  const attributes = newAttributes(userPool.schema, attributesWithName(userPool, username, given), 'user')
  requireVerified(attributes, userPool)
  const hash = row.get(passwordHashColumn) ?? ''
  if (hash !== '' && about.hashing === undefined)
    throw new RowRefused(`${passwordHashColumn} has a value and the job names no algorithm`)
  const imported =
    about.hashing === undefined || hash === '' ? undefined : importedPassword(about.hashing, hash)
  if (imported === 'malformed') throw new RowRefused(`${passwordHashColumn} is no ${about.hashing} hash`)
  const canSignIn = imported !== undefined || needsNoPassword(attributes, userPool)
  const status = canSignIn ? 'CONFIRMED' : 'RESET_REQUIRED'
  const user = makeUser(userPool, { username, attributes, status }, about)
  return imported === undefined ? user : { ...user, importedPassword: imported }
}
