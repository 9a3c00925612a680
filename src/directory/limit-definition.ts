// How a request names a rate limit, and how one is shown.
import type { LimitDefinitionType, LimitType } from '@aws-sdk/client-cognito-identity-provider'
import type { Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { categories } from './rate-limits.ts'
import { provisionedLimits } from './records/pool-configuration.ts'

/** The category that `Attributes.Category` names. Throws InvalidParameterException, or ResourceNotFoundException for none that there is. */
export const categoryIn = (definition: LimitDefinitionType | undefined): string => {
  const names = Object.keys(definition?.Attributes ?? {})
  const category = definition?.Attributes?.Category
  if (category === undefined || names.length !== 1)
    throw new Fault('InvalidParameterException', 'Attributes must have exactly one entry, Category.')
  if (!Object.hasOwn(categories, category))
    throw new Fault('ResourceNotFoundException', `There is no API category ${category}.`)
  return category
}

export const describedLimit = async (category: string, records: Records): Promise<LimitType> => {
  const defaultPerSecond = categories[category]?.defaultPerSecond ?? 0
  const stored = await records.get(provisionedLimits, category)
  return {
    LimitDefinition: { LimitClass: 'API_CATEGORY', Attributes: { Category: category } },
    FreeLimitValue: defaultPerSecond,
    ProvisionedLimitValue: stored?.value.perSecond ?? defaultPerSecond,
  }
}
