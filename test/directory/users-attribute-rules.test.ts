// The rules of attributes, secret hashes and user names, without a store.
import { describe, expect, it } from 'vitest'
import {
  attributesOf,
  checkWritable,
  missingAttributes,
  newAttributes,
  updatedAttributes,
  withoutAttributes,
} from '../../src/directory/attribute-rules.ts'
import { schemaOf } from '../../src/directory/attribute-schema.ts'
import { requireSecretHash, secretHash } from '../../src/directory/secret-hash.ts'
import { checkNewUsername } from '../../src/directory/username-rules.ts'
import { fault } from '../support/directory.ts'

const schema = schemaOf([
  { Name: 'email', Required: true },
  {
    Name: 'tier',
    AttributeDataType: 'String',
    StringAttributeConstraints: { MinLength: '2', MaxLength: '4' },
  },
  {
    Name: 'age',
    AttributeDataType: 'Number',
    NumberAttributeConstraints: { MinValue: '18', MaxValue: '99' },
  },
  { Name: 'since', AttributeDataType: 'DateTime' },
  { Name: 'vip', AttributeDataType: 'Boolean' },
  { Name: 'tenant', AttributeDataType: 'String', Mutable: false },
])

const refusal = (message: string | RegExp) =>
  expect.objectContaining(fault('InvalidParameterException', message))
const nonconforming = (flaw: string) =>
  refusal(new RegExp(`^Attributes did not conform to the schema: ${flaw}`))

describe('attributes of a new user', () => {
  it.each([
    ['none', 'x', 'none: Attribute does not exist in the schema'],
    ['custom:none', 'x', 'Type for attribute {custom:none} could not be determined$'],
    ['dev:custom:none', 'x', 'Type for attribute {dev:custom:none} could not be determined$'],
    ['custom:tier', 'x', 'custom:tier: String must be no shorter than 2 characters'],
    ['custom:tier', 'xxxxx', 'custom:tier: String must be no longer than 4 characters'],
    ['custom:age', 'old', 'custom:age: The value is not a number'],
    ['custom:age', '17', 'custom:age: Number must be at least 18'],
    ['custom:age', '100', 'custom:age: Number must be no greater than 99'],
    ['custom:since', 'soon', 'custom:since: '],
    ['custom:vip', 'maybe', 'custom:vip: '],
    ['email_verified', 'yes', 'email_verified: '],
    ['birthdate', '1.1.2000', 'birthdate: '],
    ['updated_at', '-1', 'updated_at: '],
  ])('%s = %s is refused', (name, value, flaw) => {
    expect(() => newAttributes(schema, { email: 'a@b.example', [name]: value }, 'admin')).toThrow(
      nonconforming(flaw),
    )
  })

  it.each([
    ['custom:tier', 'gold'],
    ['custom:age', '18'],
    ['custom:age', '18.5'],
    ['custom:since', '2026-01-01T00:00:00Z'],
    ['custom:since', '1700000000'],
    ['custom:vip', 'true'],
    ['custom:tenant', 't1'],
    ['birthdate', '2000-01-01'],
    ['name', 'José 🐟'],
  ])('%s = %s is taken', (name, value) => {
    expect(newAttributes(schema, { email: 'a@b.example', [name]: value }, 'admin')).toMatchObject({
      [name]: value,
    })
  })

  it.each(['plain', 'a@b', 'a b@c.de', '@c.de', 'a@@c.de', 'a@.de'])('%s is no e-mail address', (email) => {
    expect(() => newAttributes(schema, { email }, 'admin')).toThrow(refusal('Invalid email address format.'))
  })

  it.each(['12345', '+0123456', '+1 234', '+12345678901234567'])('%s is no phone number', (value) => {
    expect(() => newAttributes(schema, { phone_number: value }, 'admin')).toThrow(
      refusal('Invalid phone number format.'),
    )
  })

  it('every flaw is named at once', () => {
    expect(() => newAttributes(schema, { x: '1', y: '2' }, 'admin')).toThrow(refusal(/: x: .*\ny: .*\n$/))
  })

  it('required ones may be missing when an administrator makes the user, not when users sign up', () => {
    expect(newAttributes(schema, {}, 'admin')).toEqual({})
    expect(missingAttributes(schema, {})).toEqual(['email'])
    expect(() => newAttributes(schema, {}, 'user')).toThrow(nonconforming('email: The attribute is required'))
  })

  it('an address can be verified only when there is one', () => {
    expect(() => newAttributes(schema, { email_verified: 'true' }, 'admin')).toThrow(
      refusal(/email_verified/),
    )
    expect(newAttributes(schema, { email: 'a@b.example', email_verified: 'True' }, 'admin')).toEqual({
      email: 'a@b.example',
      email_verified: 'true',
    })
  })

  it('a name given twice is refused', () => {
    const twice = [
      { Name: 'name', Value: 'a' },
      { Name: 'name', Value: 'b' },
    ]
    expect(() => attributesOf(twice)).toThrow(refusal(/more than once/))
  })
})

describe('an update of attributes', () => {
  const current = { sub: 's', email: 'a@b.example', email_verified: 'true', 'custom:tenant': 't1' }

  it('a new address is unverified unless the update says otherwise', () => {
    expect(updatedAttributes(schema, current, { email: 'c@d.example' })).toMatchObject({
      email: 'c@d.example',
      email_verified: 'false',
    })
    expect(
      updatedAttributes(schema, current, { email: 'c@d.example', email_verified: 'true' }),
    ).toMatchObject({ email_verified: 'true' })
    expect(updatedAttributes(schema, current, { email: 'a@b.example' })).toEqual(current)
  })

  it('what is not mutable stays as it is', () => {
    expect(() => updatedAttributes(schema, current, { 'custom:tenant': 't2' })).toThrow(
      refusal('user.custom:tenant: Attribute cannot be updated.\n'),
    )
    // Not even to what it is.
    expect(() => updatedAttributes(schema, current, { 'custom:tenant': 't1' })).toThrow(
      refusal('user.custom:tenant: Attribute cannot be updated.\n'),
    )
    expect(() => updatedAttributes(schema, current, { sub: 's' })).toThrow(
      refusal('Cannot modify the non-mutable attribute sub'),
    )
    const same = { 'custom:tenant': 't1', sub: 's' }
    expect(updatedAttributes(schema, current, same, { fillsIn: true })).toEqual(current)
  })

  it('what is not mutable can be filled in at the first sign-in, and not changed', () => {
    const { 'custom:tenant': tenant, ...without } = current
    expect(() => updatedAttributes(schema, without, { 'custom:tenant': tenant })).toThrow()
    expect(updatedAttributes(schema, without, { 'custom:tenant': tenant }, { fillsIn: true })).toEqual(
      current,
    )
    expect(() => updatedAttributes(schema, current, { 'custom:tenant': 't2' }, { fillsIn: true })).toThrow()
  })

  it('an empty value removes, but never what is required', () => {
    expect(updatedAttributes(schema, { ...current, name: 'A' }, { name: '' })).toEqual(current)
    expect(() => withoutAttributes(schema, current, ['email'])).toThrow(
      refusal('user.email: Required attribute cannot be deleted.'),
    )
  })

  it('every flaw is named at once, each on a line of its own', () => {
    const given = { 'custom:tier': 'x', 'custom:none': '1', 'custom:tenant': 't2' }
    expect(() => updatedAttributes(schema, current, given)).toThrow(
      refusal(
        'user.custom:tenant: Attribute cannot be updated.\n' +
          'user.custom:tier: String must be no shorter than 2 characters\n' +
          'user.custom:none: Attribute does not exist in the schema.\n',
      ),
    )
  })

  it('a phone number that goes takes its flag with it', () => {
    const having = { ...current, phone_number: '+12065550100', phone_number_verified: 'true' }
    expect(withoutAttributes(schema, having, ['phone_number'])).toEqual(current)
  })
})

describe('what a client may write', () => {
  const refused = expect.objectContaining(
    fault('NotAuthorizedException', 'A client attempted to write unauthorized attribute'),
  )
  it('without a list: every attribute, but for flags of verification and what is for developers only', () => {
    const client = { settings: {} }
    expect(() => checkWritable(client, schema, ['email', 'name', 'birthdate', 'custom:tier'])).not.toThrow()
    for (const name of ['email_verified', 'phone_number_verified', 'sub', 'dev:custom:note'])
      expect(() => checkWritable(client, schema, [name])).toThrow(refused)
  })
  it('with a list: what is on it and what the pool requires, but for flags of verification and what is for developers only', () => {
    const client = {
      settings: { WriteAttributes: ['name', 'custom:tier', 'email_verified', 'dev:custom:note'] },
    }
    expect(() => checkWritable(client, schema, ['name', 'custom:tier', 'email'])).not.toThrow()
    for (const name of ['nickname', 'email_verified', 'dev:custom:note'])
      expect(() => checkWritable(client, schema, [name])).toThrow(refused)
  })
})

describe('a secret hash', () => {
  const secrets = ['first', 'second'].map((secret) => ({ secretId: secret, secret, createdAtMs: 0 }))
  const client = { clientId: 'c1', secrets }
  const refused = (message: string) => expect.objectContaining(fault('NotAuthorizedException', message))

  it('is what the developer guide computes', () => {
    // printf userclient | openssl dgst -sha256 -hmac secret -binary | base64
    expect(secretHash('secret', 'user', 'client')).toBe('wvW87lzZoI+qQCVGmWVBJLlucdJ65huAVP1z+0MgA6E=')
  })
  it('is good under any of the client’s secrets', () => {
    for (const { secret } of secrets)
      expect(() => requireSecretHash(client, 'u', secretHash(secret, 'u', 'c1'))).not.toThrow()
  })
  it('is refused when it is of another name, client or secret', () => {
    for (const given of [
      secretHash('first', 'v', 'c1'),
      secretHash('first', 'u', 'c2'),
      secretHash('third', 'u', 'c1'),
      '',
      'x',
    ])
      expect(() => requireSecretHash(client, 'u', given)).toThrow(
        refused('Unable to verify secret hash for client c1'),
      )
  })
  it('must be given exactly by clients that have a secret', () => {
    expect(() => requireSecretHash(client, 'u', undefined)).toThrow(
      refused('Client c1 is configured with secret but SECRET_HASH was not received'),
    )
    const open = { clientId: 'c1', secrets: [] }
    expect(() => requireSecretHash(open, 'u', undefined)).not.toThrow()
    expect(() => requireSecretHash(open, 'u', 'x')).toThrow(
      expect.objectContaining({
        code: 'InvalidParameterException',
        message: 'Client c1 is not configured for secret but secret hash was received',
      }),
    )
  })
})

describe('the name of a new user', () => {
  it.each([
    [{ UsernameAttributes: ['email'] }, 'a@b.example', 'email'],
    [{ UsernameAttributes: ['phone_number'] }, '+12065550100', 'phone_number'],
    [{ UsernameAttributes: ['email', 'phone_number'] }, '+12065550100', 'phone_number'],
    [{ AliasAttributes: ['email'] }, 'alice', undefined],
    [{ AliasAttributes: ['phone_number'] }, 'a@b.example', undefined],
    [{}, 'a@b.example', undefined],
  ] as const)('with %j, %s stands for %s', (settings, username, kind) => {
    const pool = { settings: structuredClone(settings) as never }
    expect(checkNewUsername(pool, username)).toBe(kind)
  })

  it.each([
    [{ UsernameAttributes: ['email'] }, 'alice', 'Username should be an email.'],
    [{ UsernameAttributes: ['phone_number'] }, 'a@b.example', 'Username should be a phone number.'],
    [
      { UsernameAttributes: ['email', 'phone_number'] },
      'alice',
      'Username should be either an email or a phone number.',
    ],
    [
      { AliasAttributes: ['email'] },
      'a@b.example',
      'Username cannot be of email format, since user pool is configured for email alias.',
    ],
    [
      { AliasAttributes: ['phone_number'] },
      '+12065550100',
      'Username cannot be of phone number format, since user pool is configured for phone number alias.',
    ],
  ] as const)('with %j, %s is refused', (settings, username, message) => {
    const pool = { settings: structuredClone(settings) as never }
    expect(() => checkNewUsername(pool, username)).toThrow(refusal(message))
  })
})
