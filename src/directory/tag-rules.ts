// What the tags of a pool must satisfy (developer guide, "Tagging Amazon Cognito resources").
import { Fault } from '../wire/fault.ts'

export const tagsMax = 50

/** Throws a Fault with the given code when there are too many tags, or a key belongs to AWS. */
export const checkTags = (
  tags: Readonly<Record<string, string>>,
  code: 'InvalidParameterException' | 'UserPoolTaggingException',
): void => {
  const keys = Object.keys(tags)
  if (keys.length > tagsMax) throw new Fault(code, `A user pool can have at most ${tagsMax} tags.`)
  if (keys.some((key) => key.toLowerCase().startsWith('aws:')))
    throw new Fault(code, "Tag keys can't begin with aws:, which is reserved for AWS use.")
}
