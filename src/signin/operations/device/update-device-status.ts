// UpdateDeviceStatus: remembers a device of the user who asks, or doesn't any longer.
import { operation } from '../../../directory/operation.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { changeDeviceStatus } from '../../change-device.ts'

export const updateDeviceStatus = operation({
  name: 'UpdateDeviceStatus',
  runs: 'primary',
  handle: async (input, context) => {
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    await changeDeviceStatus(context, user.value, input)
    return {}
  },
})
