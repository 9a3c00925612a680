// Tags of keys: their limits, and the two forms they have.
import type { Tag } from '@aws-sdk/client-kms'
import { Fault } from '../wire/fault.ts'

const tagsMax = 50

/** Throws TagException for more than 50 tags, a tag given twice, or one in AWS's own name space. */
export const mergeTags = (
  current: Readonly<Record<string, string>>,
  added: readonly Tag[],
): Readonly<Record<string, string>> => {
  const names = added.map(({ TagKey }) => TagKey ?? '')
  if (new Set(names).size !== names.length)
    throw new Fault('TagException', 'Duplicate tag keys are not allowed.')
  if (names.some((name) => name.toLowerCase().startsWith('aws:')))
    throw new Fault('TagException', 'Tag keys that begin with aws: are reserved.')
  const merged = {
    ...current,
    ...Object.fromEntries(added.map(({ TagKey, TagValue }) => [TagKey, TagValue ?? ''])),
  }
  if (Object.keys(merged).length > tagsMax)
    throw new Fault('LimitExceededException', `A key has at most ${tagsMax} tags.`)
  return merged
}
