// ForgetDevice: deletes a device of the user who asks.
import { operation } from '../../../directory/operation.ts'
import { forgetDeviceOf } from '../../change-device.ts'
import { verifyDeviceUser } from '../../device-owner.ts'

export const forgetDevice = operation({
  name: 'ForgetDevice',
  runs: 'primary',
  handle: async (input, context) => {
    const { user } = await verifyDeviceUser(input.AccessToken ?? '', context)
    await forgetDeviceOf(context.pool.records, user.value, input.DeviceKey)
    return {}
  },
})
