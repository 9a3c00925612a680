// ForgetDevice: deletes a device of the user who asks.
import { operation } from '../../../directory/operation.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { forgetDeviceOf } from '../../change-device.ts'

export const forgetDevice = operation({
  name: 'ForgetDevice',
  runs: 'primary',
  handle: async (input, context) => {
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    await forgetDeviceOf(context.pool.records, user.value, input.DeviceKey)
    return {}
  },
})
