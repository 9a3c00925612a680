// UpdateProvisionedLimit: sets how many requests a second a category may have in this Region; it is in force at once.
import { Fault } from '../../../wire/fault.ts'
import { categoryIn, describedLimit } from '../../limit-definition.ts'
import { operation } from '../../operation.ts'
import { rateLimitsOf } from '../../rate-limits.ts'
import { provisionedLimits } from '../../records/pool-configuration.ts'

/** More than one Region does on any machine that we know. */
const perSecondMax = 1_000_000

export const updateProvisionedLimit = operation({
  name: 'UpdateProvisionedLimit',
  runs: 'region',
  handle: async (input, runtime) => {
    const { vault } = runtime
    const category = categoryIn(input.LimitDefinition)
    const perSecond = input.RequestedLimitValue ?? 0
    if (!Number.isInteger(perSecond) || perSecond < 1)
      throw new Fault('InvalidParameterException', 'RequestedLimitValue must be a whole number from 1.')
    if (perSecond > perSecondMax)
      throw new Fault('ServiceQuotaExceededException', `A rate can be at most ${perSecondMax} a second.`)
    const stored = await vault.region.get(provisionedLimits, category)
    await vault.region.commit((changes) => {
      if (stored === undefined) changes.create(provisionedLimits, { category, perSecond })
      else changes.replace(provisionedLimits, stored, { category, perSecond })
    })
    rateLimitsOf(runtime).changed()
    return { Limit: await describedLimit(category, vault.region) }
  },
})
