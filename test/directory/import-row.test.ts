// What a row of an import file becomes, by the rules of the developer guide's "Importing users into user pools from a CSV file".
import { scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { schemaOf } from '../../src/directory/attribute-schema.ts'
import { headerFlaw, importColumns } from '../../src/directory/import/import-header.ts'
import { userOfRow } from '../../src/directory/import/import-row.ts'
import { importedPassword, isImportedPassword } from '../../src/directory/imported-password.ts'
import type { UserPool } from '../../src/directory/records/user-pool.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'

const poolWith = (settings: UserPool['settings']): UserPool =>
  ({ poolId: 'us-east-1_Rows', schema: schemaOf(), settings }) as UserPool
const verifying = { AutoVerifiedAttributes: ['email', 'phone_number'] } as const
const columns = [...importColumns(poolWith({})), 'password_hash']
const user = (row: Record<string, string>, settings: UserPool['settings'] = {}, hashing?: 'BCRYPT') =>
  userOfRow(
    columns,
    columns.map((column) => row[column] ?? ''),
    poolWith({ ...verifying, ...settings } as UserPool['settings']),
    { hashing, clock: systemClock, random: systemRandom },
  )
const ana = { 'cognito:username': 'ana', email: 'ana@x.example', email_verified: 'TRUE' }
const bcrypted = '$2b$10$CtA.Rcu/szzn9U00wpUjOuN3vrgJRZycv4aOzcP3GzqzO8UDPEFq6'

describe('a row', () => {
  it('loses the white space around its values', () => {
    const { username, attributes } = user({ ...ana, 'cognito:username': ' ana ', name: ' Ana Q. ' })
    expect({ username, name: attributes.name }).toEqual({ username: 'ana', name: 'Ana Q.' })
  })

  it.each([
    ['OFF', 'TRUE', false],
    ['OFF', 'FALSE', true],
    ['OFF', '', true],
    ['ON', 'TRUE', true],
    ['ON', 'FALSE', false],
    ['ON', '', true],
    ['OPTIONAL', 'TRUE', true],
  ] as const)('of a pool with MFA %s says %j of it: %s', (MfaConfiguration, value, isTaken) => {
    const make = () => user({ ...ana, 'cognito:mfa_enabled': value }, { MfaConfiguration })
    if (isTaken) expect(make().username).toBe('ana')
    else expect(make).toThrow('cognito:mfa_enabled')
  })

  it('is a user who can sign in at once with a code, where the pool sends such codes to an address of theirs', () => {
    const passwordless = (factor: 'EMAIL_OTP' | 'SMS_OTP') => ({
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, factor] } },
    })
    expect(user(ana).status).toBe('RESET_REQUIRED')
    expect(user(ana, passwordless('EMAIL_OTP')).status).toBe('CONFIRMED')
    expect(user(ana, passwordless('SMS_OTP')).status).toBe('RESET_REQUIRED')
  })

  it('with a hash needs a job that names its algorithm, and keeps the hash out of the attributes', () => {
    const made = user({ ...ana, password_hash: bcrypted }, {}, 'BCRYPT')
    expect(made).toMatchObject({ status: 'CONFIRMED', importedPassword: { hash: bcrypted } })
    expect(Object.values(made.attributes)).not.toContain(bcrypted)
    expect(() => user({ ...ana, password_hash: bcrypted })).toThrow('password_hash')
  })
})

describe('a header', () => {
  const sample =
    'cognito:username,email,email_verified,phone_number,phone_number_verified,password_hash'.split(',')

  it('as in the guide’s sample is enough with hashes, and not without', () => {
    expect(headerFlaw(sample, poolWith({}), true)).toBeUndefined()
    expect(headerFlaw(sample, poolWith({}), false)).toMatch(/no column name/)
    expect(headerFlaw(sample.slice(0, -1), poolWith({}), true)).toMatch(/no column password_hash/)
    expect(headerFlaw(columns, poolWith({}), false)).toBeUndefined()
  })
})

describe('a password hash', () => {
  it.each([
    ['BCRYPT', bcrypted],
    ['BCRYPT', bcrypted.replace('2b', '2y')],
    [
      'SCRYPT',
      '65536$8$1$304dbaef7c5e828dc19c98f0600d18fe$4f69c498c12cd102d057356facf8d77e8d42407090491ea32c5b038f5a18c099',
    ],
    [
      'ARGON2ID',
      '$argon2id$v=19$m=19456,t=2,p=1$ko/G5o1ms+ML08P95sQ8DA$AkVbvWSOqz7Hs3qthhWKxicOWnGLN+MBmpwc3emi5VA',
    ],
    [
      'PBKDF2_SHA256',
      '$pbkdf2-sha256$600000$1XZlmwLQ2hhM3JYuCPiArQ$Pfheg9Zi/v5lXU4yyLA0WFUYEd/rlaVbzrM9oMD6IrA',
    ],
  ] as const)('of the guide’s samples is taken: %s', (algorithm, hash) => {
    expect(importedPassword(algorithm, hash)).toEqual({ algorithm, hash })
  })

  it.each([
    ['SCRYPT', '65535$8$1$00$00'],
    ['SCRYPT', '1$8$1$00$00'],
    ['SCRYPT', '524288$8$1$00$00'],
    ['SCRYPT', '4096$8$1$0$0'],
    ['BCRYPT', '$2b$31$CtA.Rcu/szzn9U00wpUjOuN3vrgJRZycv4aOzcP3GzqzO8UDPEFq6'],
    ['ARGON2ID', bcrypted],
  ] as const)('of another form, or of costs beyond all measure, is refused: %s %s', (algorithm, hash) => {
    expect(importedPassword(algorithm, hash)).toBe('malformed')
  })

  it('of scrypt is read as numbers and hex, and as a PHC string', async () => {
    const salt = Buffer.from('some salt of 16b')
    const key = scryptSync('Right-1', salt, 32, { N: 4_096, r: 8, p: 1 })
    const hashes = [
      `4096$8$1$${salt.toString('hex')}$${key.toString('hex')}`,
      `$scrypt$ln=12,r=8,p=1$${salt.toString('base64')}$${key.toString('base64')}`,
    ]
    for (const hash of hashes) {
      expect(importedPassword('SCRYPT', hash)).toEqual({ algorithm: 'SCRYPT', hash })
      expect(await isImportedPassword('Right-1', { algorithm: 'SCRYPT', hash })).toBe(true)
      expect(await isImportedPassword('Wrong-1', { algorithm: 'SCRYPT', hash })).toBe(false)
    }
  })
})
