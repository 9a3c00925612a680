// Password hashes that users bring from elsewhere, in the forms of "Importing users with password hashes" (developer guide).
import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { PasswordHashingAlgorithmType } from '@aws-sdk/client-cognito-identity-provider'

export type ImportedPassword = { readonly algorithm: PasswordHashingAlgorithmType; readonly hash: string }

/** With the dot that passlib writes for a plus sign. */
const base64 = '[A-Za-z0-9+./]{1,172}={0,2}'
const hex = '(?:[0-9a-fA-F]{2}){1,128}'
/** Scrypt as a PHC string, which is taken as well. */
const phcScrypt = new RegExp(
  `^\\$scrypt\\$ln=(\\d{1,2}),r=(\\d{1,2}),p=(\\d{1,2})\\$(${base64})\\$(${base64})$`,
)
/** What a hash must look like; its costs are held against bounds when it is read, so that no file makes sign-ins arbitrarily dear. */
const forms: Readonly<Record<PasswordHashingAlgorithmType, RegExp>> = {
  ARGON2ID: new RegExp(
    `^\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,2}),p=(\\d{1,2})\\$(${base64})\\$(${base64})$`,
  ),
  BCRYPT: /^\$2[abxy]\$(\d{2})\$[./A-Za-z0-9]{53}$/,
  SCRYPT: new RegExp(`^(\\d{1,7})\\$(\\d{1,2})\\$(\\d{1,2})\\$(${hex})\\$(${hex})$`),
  PBKDF2_SHA256: new RegExp(`^\\$pbkdf2-sha256\\$(?:i=)?(\\d{1,8})\\$(${base64})\\$(${base64})$`),
}

/** Most that the first numbers of a hash may be: memory in KiB, passes and lanes; log2 of rounds; N, r and p; rounds. */
const costsMax: Readonly<Record<PasswordHashingAlgorithmType, readonly number[]>> = {
  ARGON2ID: [262_144, 10, 16],
  BCRYPT: [14],
  SCRYPT: [262_144, 16, 8],
  PBKDF2_SHA256: [2_000_000],
}

const derivedMax = 128
const scryptMemoryMax = 512 * 1024 * 1024

/** The parts of a hash: what it costs, then salt and derived key where they stand apart; undefined for another form. */
const partsOf = (algorithm: PasswordHashingAlgorithmType, hash: string): readonly string[] | undefined => {
  const phc = algorithm === 'SCRYPT' ? phcScrypt.exec(hash) : null
  if (phc !== null) return [String(2 ** Number(phc[1])), ...phc.slice(2)]
  return forms[algorithm].exec(hash)?.slice(1)
}

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value))

/** The hash as it is kept; `malformed` for one of another form, or of costs beyond all measure. */
export const importedPassword = (
  algorithm: PasswordHashingAlgorithmType,
  hash: string,
): ImportedPassword | 'malformed' => {
  const parts = partsOf(algorithm, hash)
  if (parts === undefined) return 'malformed'
  const isDear = costsMax[algorithm].some((most, index) => Number(parts[index]) > most)
  const isEmpty = costsMax[algorithm].some((_, index) => Number(parts[index]) < 1)
  const isNoCost = algorithm === 'SCRYPT' && (Number(parts[0]) < 2 || !isPowerOfTwo(Number(parts[0])))
  return isDear || isEmpty || isNoCost ? 'malformed' : { algorithm, hash }
}

const bytesOf = (text: string | undefined): Buffer => Buffer.from((text ?? '').replaceAll('.', '+'), 'base64')

const scryptAsync = promisify<
  string,
  Buffer,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(scrypt)
const pbkdf2Async = promisify(pbkdf2)

const isEqual = (derived: Buffer, wanted: Buffer): boolean =>
  derived.length === wanted.length && derived.length > 0 && timingSafeEqual(derived, wanted)

const verifiers: Readonly<
  Record<PasswordHashingAlgorithmType, (password: string, hash: string) => Promise<boolean>>
> = {
  // Native libraries, loaded on first use: most pools import no hashes.
  ARGON2ID: async (password, hash) => (await import('@node-rs/argon2')).verify(hash, password),
  BCRYPT: async (password, hash) => (await import('@node-rs/bcrypt')).verify(password, hash),
  SCRYPT: async (password, hash) => {
    const [N, r, p, salt = '', wanted = ''] = partsOf('SCRYPT', hash) ?? []
    const read = phcScrypt.test(hash) ? bytesOf : (text: string): Buffer => Buffer.from(text, 'hex')
    const expected = read(wanted).subarray(0, derivedMax)
    const cost = { N: Number(N), r: Number(r), p: Number(p), maxmem: scryptMemoryMax }
    return isEqual(await scryptAsync(password, read(salt), expected.length, cost), expected)
  },
  PBKDF2_SHA256: async (password, hash) => {
    const [rounds, salt, wanted] = partsOf('PBKDF2_SHA256', hash) ?? []
    const expected = bytesOf(wanted).subarray(0, derivedMax)
    return isEqual(
      await pbkdf2Async(password, bytesOf(salt), Number(rounds), expected.length, 'sha256'),
      expected,
    )
  },
}

/** Whether the hash is the password's. Runs on other threads than the caller's. */
export const isImportedPassword = (
  password: string,
  { algorithm, hash }: ImportedPassword,
): Promise<boolean> => verifiers[algorithm](password, hash)
