// ListDevices: the devices of the user who asks.
import { operation } from '../../../directory/operation.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { devicePage } from '../../device-page.ts'

export const listDevices = operation({
  name: 'ListDevices',
  runs: 'active',
  handle: async (input, context) => {
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    return devicePage(context.pool.records, user.value, input)
  },
})
