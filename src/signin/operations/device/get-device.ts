// GetDevice: a device of the user who asks.
import { operation } from '../../../directory/operation.ts'
import { requireDevice, shownDevice } from '../../../directory/user-devices.ts'
import { verifyAccessToken } from '../../access-token.ts'

export const getDevice = operation({
  name: 'GetDevice',
  runs: 'active',
  handle: async (input, context) => {
    const { records } = context.pool
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const device = await requireDevice(records, user.value, input.DeviceKey ?? '')
    return { Device: await shownDevice(records, device.value) }
  },
})
