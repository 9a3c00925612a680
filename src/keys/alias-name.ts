// What an alias may be called, and what it may point to.
import { Fault } from '../wire/fault.ts'

const aliasSyntax = /^alias\/[a-zA-Z0-9/_-]+$/

/** Throws InvalidAliasNameException, or NotAuthorizedException for the names that AWS keeps for itself. */
export const requireAliasName = (name: string | undefined): string => {
  if (name?.startsWith('alias/aws/') === true)
    throw new Fault('NotAuthorizedException', 'The prefix alias/aws/ is reserved.')
  if (name === undefined || !aliasSyntax.test(name))
    throw new Fault('InvalidAliasNameException', 'Alias must start with the prefix "alias/".')
  return name
}

/** An alias points to a key by ID or ARN, never to another alias. Throws ValidationException. */
export const requireKeyTarget = (target: string | undefined): string => {
  if (target === undefined || target.includes('alias/'))
    throw new Fault('ValidationException', 'Aliases must refer to keys. Not aliases')
  return target
}
