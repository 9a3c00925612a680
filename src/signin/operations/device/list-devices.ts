// ListDevices: the devices of the user who asks.
import { operation } from '../../../directory/operation.ts'
import { verifyDeviceUser } from '../../device-owner.ts'
import { devicePage } from '../../device-page.ts'

export const listDevices = operation({
  name: 'ListDevices',
  runs: 'active',
  handle: async (input, context) => {
    const { user } = await verifyDeviceUser(input.AccessToken ?? '', context)
    return devicePage(context.pool.records, user.value, input)
  },
})
