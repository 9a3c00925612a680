// GetProvisionedLimit: how many requests a second a category of operations may have in this Region.
import { categoryIn, describedLimit } from '../../limit-definition.ts'
import { operation } from '../../operation.ts'

export const getProvisionedLimit = operation({
  name: 'GetProvisionedLimit',
  runs: 'region',
  handle: async (input, { vault }) => ({
    Limit: await describedLimit(categoryIn(input.LimitDefinition), vault.region),
  }),
})
