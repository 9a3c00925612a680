// A pool's attribute schema: the standard attributes as Cognito shows them, and the rules of custom ones.
import type { AttributeDataType, SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'

/** Custom attributes that a pool can have (developer guide, "Quotas"). */
export const customAttributesMax = 50

const text = (
  Name: string,
  bounds: SchemaAttributeType['StringAttributeConstraints'] = { MinLength: '0', MaxLength: '2048' },
): SchemaAttributeType => ({
  Name,
  AttributeDataType: 'String',
  DeveloperOnlyAttribute: false,
  Mutable: true,
  Required: false,
  StringAttributeConstraints: bounds,
})
const flag = (Name: string): SchemaAttributeType => ({
  Name,
  AttributeDataType: 'Boolean',
  DeveloperOnlyAttribute: false,
  Mutable: true,
  Required: false,
})

/** The attributes that every pool has, in the order in which Cognito lists them. */
export const standardAttributes: readonly SchemaAttributeType[] = [
  text('profile'),
  text('address'),
  text('birthdate', { MinLength: '10', MaxLength: '10' }),
  text('gender'),
  text('preferred_username'),
  {
    Name: 'updated_at',
    AttributeDataType: 'Number',
    DeveloperOnlyAttribute: false,
    Mutable: true,
    Required: false,
    NumberAttributeConstraints: { MinValue: '0' },
  },
  text('website'),
  text('picture'),
  text('identities', {}),
  { ...text('sub', { MinLength: '1', MaxLength: '2048' }), Mutable: false, Required: true },
  text('phone_number'),
  flag('phone_number_verified'),
  text('zoneinfo'),
  text('locale'),
  text('email'),
  flag('email_verified'),
  text('given_name'),
  text('family_name'),
  text('middle_name'),
  text('name'),
  text('nickname'),
]

const standardByName = new Map(standardAttributes.map((attribute) => [attribute.Name, attribute]))

/** Attributes that the service keeps itself: they can't be made required or given by users. */
const ownAttributes: readonly string[] = ['sub', 'identities', 'email_verified', 'phone_number_verified']

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

const wholeNumber = /^\d+$/
const decimalNumber = /^-?\d+(\.\d+)?$/
const stringLengthMax = 2_048

const checkStringBounds = (name: string, attribute: SchemaAttributeType): void => {
  const { MinLength, MaxLength } = attribute.StringAttributeConstraints ?? {}
  for (const bound of [MinLength, MaxLength])
    if (bound !== undefined && (!wholeNumber.test(bound) || Number(bound) > stringLengthMax))
      throw refuse(
        `user.${name}: String attribute constraints must be whole numbers no greater than ${stringLengthMax}.`,
      )
  if (MinLength !== undefined && MaxLength !== undefined && Number(MinLength) > Number(MaxLength))
    throw refuse(`user.${name}: Max length cannot be less than min length.`)
}

const checkNumberBounds = (name: string, attribute: SchemaAttributeType): void => {
  const { MinValue, MaxValue } = attribute.NumberAttributeConstraints ?? {}
  for (const bound of [MinValue, MaxValue])
    if (bound !== undefined && (!decimalNumber.test(bound) || Math.abs(Number(bound)) > 2 ** 1023))
      throw refuse(`user.${name}: Number attribute constraints must be numbers no greater than 2^1023.`)
  if (MinValue !== undefined && MaxValue !== undefined && Number(MinValue) > Number(MaxValue))
    throw refuse(`user.${name}: Max value cannot be less than min value.`)
}

const checkBounds = (name: string, attribute: SchemaAttributeType, dataType: AttributeDataType): void => {
  if (attribute.StringAttributeConstraints !== undefined && dataType !== 'String')
    throw refuse(`user.${name}: StringAttributeConstraints can only be set for attributes of type String.`)
  if (attribute.NumberAttributeConstraints !== undefined && dataType !== 'Number')
    throw refuse(`user.${name}: NumberAttributeConstraints can only be set for attributes of type Number.`)
  checkStringBounds(name, attribute)
  checkNumberBounds(name, attribute)
}

/** A standard attribute with what CreateUserPool's Schema may change of it. */
const changedStandardAttribute = (
  standard: SchemaAttributeType,
  given: SchemaAttributeType,
): SchemaAttributeType => {
  const name = standard.Name ?? ''
  const dataType = standard.AttributeDataType ?? 'String'
  const changesType = given.AttributeDataType !== undefined && given.AttributeDataType !== dataType
  if (changesType || given.DeveloperOnlyAttribute === true)
    throw refuse(
      `You can not change AttributeDataType or set developer_only_attribute for standard schema attribute ${name}`,
    )
  if (ownAttributes.includes(name) && given.Required === true && name !== 'sub')
    throw refuse(`user.${name}: This attribute can not be required.`)
  checkBounds(name, given, dataType)
  if (name === 'sub') return standard
  return {
    ...standard,
    Mutable: given.Mutable ?? standard.Mutable,
    Required: given.Required ?? standard.Required,
    ...(given.StringAttributeConstraints === undefined
      ? {}
      : {
          StringAttributeConstraints: {
            ...standard.StringAttributeConstraints,
            ...given.StringAttributeConstraints,
          },
        }),
    ...(given.NumberAttributeConstraints === undefined
      ? {}
      : {
          NumberAttributeConstraints: {
            ...standard.NumberAttributeConstraints,
            ...given.NumberAttributeConstraints,
          },
        }),
  }
}

/** A custom attribute as DescribeUserPool shows it: `custom:x`, or `dev:custom:x` when it is for developers only. */
const customAttribute = (given: SchemaAttributeType): SchemaAttributeType => {
  const givenName = given.Name ?? ''
  if (givenName === '') throw refuse('Attribute name must not be empty.')
  const isDeveloperOnly = given.DeveloperOnlyAttribute ?? false
  const name = `${isDeveloperOnly ? 'dev:' : ''}custom:${givenName}`
  if (given.Required === true) throw refuse('Required custom attributes are not supported currently.')
  const dataType = given.AttributeDataType ?? 'String'
  checkBounds(name, given, dataType)
  return {
    Name: name,
    AttributeDataType: dataType,
    DeveloperOnlyAttribute: isDeveloperOnly,
    Mutable: given.Mutable ?? true,
    Required: false,
    ...(dataType === 'String' ? { StringAttributeConstraints: given.StringAttributeConstraints ?? {} } : {}),
    ...(dataType === 'Number' ? { NumberAttributeConstraints: given.NumberAttributeConstraints ?? {} } : {}),
  }
}

const isCustom = ({ Name }: SchemaAttributeType): boolean => Name?.includes('custom:') ?? false

/** The schema with these custom attributes added. Throws InvalidParameterException for a duplicate or one too many. */
export const addCustomAttributes = (
  schema: readonly SchemaAttributeType[],
  added: readonly SchemaAttributeType[],
): readonly SchemaAttributeType[] => {
  const extended = [...schema]
  for (const given of added) {
    const made = customAttribute(given)
    if (extended.some(({ Name }) => Name === made.Name))
      throw refuse(`${made.Name}: Existing attribute already has name ${given.Name}.`)
    extended.push(made)
  }
  if (extended.filter(isCustom).length > customAttributesMax)
    throw refuse(`Schema attributes length exceeds the limit of ${customAttributesMax} custom attributes.`)
  return extended
}

/** The schema of a new pool: standard attributes, changed as CreateUserPool's Schema says, and its custom ones after them. */
export const schemaOf = (given: readonly SchemaAttributeType[] = []): readonly SchemaAttributeType[] => {
  const names = given.map(({ Name }) => Name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw refuse(`Schema attribute ${twice} is given more than once.`)
  const changes = new Map(given.map((attribute) => [attribute.Name, attribute]))
  const standard = standardAttributes.map((attribute) => {
    const change = changes.get(attribute.Name)
    return change === undefined ? attribute : changedStandardAttribute(attribute, change)
  })
  return addCustomAttributes(
    standard,
    given.filter(({ Name }) => !standardByName.has(Name)),
  )
}
