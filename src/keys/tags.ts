// Tags of keys: their limits, and the two forms they have.
import type { Tag } from '@aws-sdk/client-kms'
import { Fault } from '../wire/fault.ts'

const tagsMax = 50
/** "Tagging keys in AWS KMS", KMS Developer Guide: letters, digits, white space and these. */
const characters = /^[\p{L}\p{N}\p{Z}_.:/=+\-@]*$/u

/** Throws TagException for a tag given twice, in AWS's own name space or of other characters; LimitExceededException for more than 50 tags. */
export const mergeTags = (
  current: Readonly<Record<string, string>>,
  added: readonly Tag[],
): Readonly<Record<string, string>> => {
  const names = added.map(({ TagKey }) => TagKey ?? '')
  if (names.length > tagsMax) throw new Fault('TagException', 'Too many tags')
  if (new Set(names).size !== names.length) throw new Fault('TagException', 'Duplicate tag keys')
  if (added.some(({ TagKey = '', TagValue = '' }) => !characters.test(TagKey) || !characters.test(TagValue)))
    throw new Fault('TagException', 'Invalid tag')
  if (names.some((name) => name.toLowerCase().startsWith('aws:')))
    throw new Fault('TagException', 'Tags beginning with aws: are reserved')
  const merged = {
    ...current,
    ...Object.fromEntries(added.map(({ TagKey, TagValue }) => [TagKey, TagValue ?? ''])),
  }
  if (Object.keys(merged).length > tagsMax)
    throw new Fault('LimitExceededException', `A key has at most ${tagsMax} tags.`)
  return merged
}
