// What an alias may be called, and what it may point to.
import { Fault } from '../wire/fault.ts'

const prefix = 'alias/'

/** Throws ValidationException, or NotAuthorizedException for the names that AWS keeps for itself. The model has checked the characters. */
export const requireAliasName = (name = ''): string => {
  if (!name.startsWith(prefix) || name.length === prefix.length)
    throw new Fault(
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  if (name.startsWith('alias/aws/'))
    throw new Fault(
      'NotAuthorizedException',
      'The alias name for a customer managed CMK cannot begin with alias/aws/.',
    )
  if (name.includes(':'))
    throw new Fault('ValidationException', `${name} contains invalid characters for an alias`)
  return name
}

/** An alias points to a key by ID or ARN, never to another alias. Throws ValidationException. */
export const requireKeyTarget = (target: string | undefined): string => {
  if (target === undefined || target.includes('alias/'))
    throw new Fault('ValidationException', 'Aliases must refer to keys. Not aliases')
  return target
}
