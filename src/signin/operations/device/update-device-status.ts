// UpdateDeviceStatus: remembers a device of the user who asks, or doesn't any longer.
import { operation } from '../../../directory/operation.ts'
import { changeDeviceStatus } from '../../change-device.ts'
import { verifyDeviceUser } from '../../device-owner.ts'

export const updateDeviceStatus = operation({
  name: 'UpdateDeviceStatus',
  runs: 'primary',
  handle: async (input, context) => {
    const { user } = await verifyDeviceUser(input.AccessToken ?? '', context)
    await changeDeviceStatus(context, user.value, input)
    return {}
  },
})
