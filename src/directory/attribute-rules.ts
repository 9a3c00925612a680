// What the attributes of a user must satisfy: the pool's schema, formats, and who may write what.
import type {
  AttributeDataType,
  AttributeType,
  SchemaAttributeType,
} from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'
import type { AppClient } from './records/app-client.ts'
import { isEmail, isPhoneNumber } from './username-rules.ts'

export type Attributes = Readonly<Record<string, string>>

export const attributeCountMax = 100

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)
const nonconforming = (flaws: readonly string[]): Fault =>
  refuse(`Attributes did not conform to the schema: ${flaws.map((flaw) => `${flaw}\n`).join('')}`)

/** The request's list as a record. A name given twice is refused; an absent value is an empty one, as in ValidationData. */
export const attributesOf = (given: readonly AttributeType[] = []): Attributes => {
  if (given.length > attributeCountMax)
    throw refuse(`A request can hold at most ${attributeCountMax} attributes.`)
  const attributes = new Map<string, string>()
  for (const { Name: name = '', Value: value = '' } of given) {
    if (attributes.has(name)) throw refuse(`Attribute ${name} is given more than once.`)
    attributes.set(name, value)
  }
  // Keeps `__proto__` as the name that it is, to be refused.
  return Object.fromEntries(attributes)
}

const notChangeable = (): Fault => refuse('Cannot modify the non-mutable attribute sub')

/** UserAttributes of a request as a record. Beside the above, each must have a value, be it an empty one, and none be `sub`. */
export const userAttributesOf = (given: readonly AttributeType[] = []): Attributes => {
  if (given.some(({ Name }) => Name === 'sub')) throw notChangeable()
  const without = given.find(({ Value }) => Value === undefined)
  if (without !== undefined) throw refuse(`Attribute value for ${without.Name} must not be null`)
  return attributesOf(given)
}

const numberPattern = /^-?\d+(\.\d+)?$/
const isDateTime = (value: string): boolean =>
  /^\d+$/.test(value) || (/^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value)))

const stringFlaw = (value: string, schema: SchemaAttributeType): string | undefined => {
  const { MinLength, MaxLength } = schema.StringAttributeConstraints ?? {}
  const { length } = Array.from(value)
  if (MinLength !== undefined && length < Number(MinLength))
    return `String must be no shorter than ${MinLength} characters`
  if (MaxLength !== undefined && length > Number(MaxLength))
    return `String must be no longer than ${MaxLength} characters`
  return undefined
}
const numberFlaw = (value: string, schema: SchemaAttributeType): string | undefined => {
  const { MinValue, MaxValue } = schema.NumberAttributeConstraints ?? {}
  if (!numberPattern.test(value)) return 'The value is not a number.'
  if (MinValue !== undefined && Number(value) < Number(MinValue))
    return `Number must be at least ${MinValue}.`
  if (MaxValue !== undefined && Number(value) > Number(MaxValue))
    return `Number must be no greater than ${MaxValue}.`
  return undefined
}

const typeRules: Readonly<
  Record<AttributeDataType, (value: string, schema: SchemaAttributeType) => string | undefined>
> = {
  String: stringFlaw,
  Number: numberFlaw,
  Boolean: (value) => (/^(true|false)$/i.test(value) ? undefined : 'The value is not true or false.'),
  DateTime: (value) => (isDateTime(value) ? undefined : 'The value is not a date and time.'),
}

/** Formats that are named in a message of their own. */
const formats: Readonly<
  Record<string, { readonly fits: (value: string) => boolean; readonly flaw: string }>
> = {
  email: { fits: isEmail, flaw: 'Invalid email address format.' },
  phone_number: { fits: isPhoneNumber, flaw: 'Invalid phone number format.' },
}

const checkFormats = (attributes: Attributes): void => {
  for (const [name, { fits, flaw }] of Object.entries(formats)) {
    const value = attributes[name]
    if (value !== undefined && value !== '' && !fits(value)) throw refuse(flaw)
  }
}

const valueFlaw = (
  name: string,
  value: string,
  schema: SchemaAttributeType | undefined,
): string | undefined => {
  if (schema === undefined) return `${name}: Attribute does not exist in the schema.`
  if (name === 'identities') return `${name}: Attribute is set by the service.`
  if (value === '') return undefined
  const flaw = typeRules[schema.AttributeDataType ?? 'String'](value, schema)
  return flaw === undefined ? undefined : `${name}: ${flaw}`
}

const schemaByName = (schema: readonly SchemaAttributeType[]): ReadonlyMap<string, SchemaAttributeType> =>
  new Map(schema.map((attribute) => [attribute.Name ?? '', attribute]))

const flawsOf = (schema: readonly SchemaAttributeType[], attributes: Attributes): readonly string[] => {
  const byName = schemaByName(schema)
  return Object.entries(attributes)
    .map(([name, value]) => valueFlaw(name, value, byName.get(name)))
    .filter((flaw) => flaw !== undefined)
}

const customName = /^(dev:)?custom:/

/** Amazon has words of its own for a new user's custom attribute that the pool doesn't have. */
const checkCustomNames = (schema: readonly SchemaAttributeType[], attributes: Attributes): void => {
  const byName = schemaByName(schema)
  const unknown = Object.keys(attributes).find((name) => customName.test(name) && !byName.has(name))
  if (unknown !== undefined)
    throw refuse(
      `Attributes did not conform to the schema: Type for attribute {${unknown}} could not be determined`,
    )
}

const isRequired = ({ Name, Required }: SchemaAttributeType): boolean => Required === true && Name !== 'sub'

/** Names of the attributes that the pool requires and that these don't have. */
export const missingAttributes = (
  schema: readonly SchemaAttributeType[],
  attributes: Attributes,
): readonly string[] =>
  schema
    .filter((attribute) => isRequired(attribute) && (attributes[attribute.Name ?? ''] ?? '') === '')
    .map(({ Name = '' }) => Name)

const checkRequired = (schema: readonly SchemaAttributeType[], attributes: Attributes): void => {
  const missing = missingAttributes(schema, attributes)
  if (missing.length > 0) throw nonconforming(missing.map((name) => `${name}: The attribute is required`))
}

const verifiedFlags = [
  ['email', 'email_verified'],
  ['phone_number', 'phone_number_verified'],
] as const

/** Flags in lower case, no empty values, no flag without what it is about. */
const settled = (attributes: Attributes): Attributes => {
  const kept = Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, name.endsWith('_verified') ? value.toLowerCase() : value]),
  )
  for (const [name, flag] of verifiedFlags) {
    if (kept[flag] === 'true' && kept[name] === undefined)
      throw refuse(`${flag} can't be true without a value of ${name}.`)
  }
  return kept
}

/** The attributes of somebody who signed up: each address is unverified until it is shown to be theirs, and says so. */
export const withVerifiedFlags = (attributes: Attributes): Attributes => ({
  ...attributes,
  ...Object.fromEntries(
    verifiedFlags.flatMap(([name, flag]) =>
      attributes[name] === undefined || attributes[flag] !== undefined ? [] : [[flag, 'false'] as const],
    ),
  ),
})

/**
 * The attributes of a new user, without `sub`. Those of an administrator's user may lack required ones: the user is asked for them at
 * the first sign-in (API reference, AdminCreateUser, "UserAttributes"). Throws InvalidParameterException.
 */
export const newAttributes = (
  schema: readonly SchemaAttributeType[],
  given: Attributes,
  by: 'admin' | 'user',
): Attributes => {
  if (Object.hasOwn(given, 'sub')) throw notChangeable()
  checkCustomNames(schema, given)
  const flaws = flawsOf(schema, given)
  if (flaws.length > 0) throw nonconforming(flaws)
  checkFormats(given)
  if (by === 'user') checkRequired(schema, given)
  return settled(given)
}

/**
 * The attributes after an update; an empty value removes one (API reference, AdminUpdateUserAttributes). A new e-mail address or phone
 * number is unverified unless the update says otherwise. `fillsIn`: attributes that aren't mutable may be set where there is no value
 * yet, as at the first sign-in. Throws InvalidParameterException.
 */
export const updatedAttributes = (
  schema: readonly SchemaAttributeType[],
  current: Attributes,
  given: Attributes,
  options: { readonly fillsIn?: boolean } = {},
): Attributes => {
  const byName = schemaByName(schema)
  const isRefused = ([name, value]: readonly [string, string]): boolean => {
    if (byName.get(name)?.Mutable !== false) return false
    const had = current[name]
    return options.fillsIn !== true || (had !== undefined && had !== value)
  }
  if (Object.hasOwn(given, 'sub') && isRefused(['sub', given.sub ?? ''])) throw notChangeable()
  // What is left of `sub` here is the same as before.
  const givenOther = Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'sub'))
  const fixed = Object.entries(givenOther).filter(isRefused)
  const flaws = [
    ...fixed.map(([name]) => `${name}: Attribute cannot be updated.`),
    ...flawsOf(schema, givenOther),
  ]
  if (flaws.length > 0) throw refuse(flaws.map((flaw) => `user.${flaw}\n`).join(''))
  checkFormats(givenOther)
  const merged: Record<string, string> = { ...current, ...givenOther }
  const emptied = Object.entries(givenOther).filter(([, value]) => value === '')
  const required = new Set(schema.filter(isRequired).map(({ Name }) => Name))
  const lost = emptied.find(([name]) => required.has(name))
  if (lost !== undefined) throw refuse(`user.${lost[0]}: Required attribute cannot be deleted.`)
  for (const [name, flag] of verifiedFlags) {
    const isChanged = given[name] !== undefined && given[name] !== current[name]
    if (!isChanged || given[flag] !== undefined) continue
    if (given[name] === '') delete merged[flag]
    else merged[flag] = 'false'
  }
  return settled(merged)
}

/** The attributes without these. Throws InvalidParameterException for one that is unknown, required or not mutable. */
export const withoutAttributes = (
  schema: readonly SchemaAttributeType[],
  current: Attributes,
  names: readonly string[],
): Attributes => updatedAttributes(schema, current, Object.fromEntries(names.map((name) => [name, ''])))

/**
 * Throws NotAuthorizedException when an app client may not write one of these. Without WriteAttributes it may write all, as Amazon's console
 * says and its clients rely on (the API reference speaks of the standard ones only); whether an address is verified is never for users to
 * say, and attributes for developers only are never theirs to write (API reference, SchemaAttributeType). "Required attributes in a user
 * pool are always writable" (developer guide, "User pool attributes").
 */
export const checkWritable = (
  client: Pick<AppClient, 'settings'>,
  schema: readonly SchemaAttributeType[],
  names: readonly string[],
): void => {
  const listed = client.settings.WriteAttributes ?? []
  const required = schema.filter(isRequired).map(({ Name }) => Name)
  const isRefused = (name: string): boolean =>
    (listed.length > 0 && !listed.includes(name) && !required.includes(name)) ||
    ['sub', 'identities'].includes(name) ||
    name.endsWith('_verified') ||
    name.startsWith('dev:')
  if (names.some(isRefused))
    throw new Fault('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
}
