// GetDevice: a device of the user who asks.
import { operation } from '../../../directory/operation.ts'
import { requireDevice, shownDevice } from '../../../directory/user-devices.ts'
import { verifyDeviceUser } from '../../device-owner.ts'

export const getDevice = operation({
  name: 'GetDevice',
  runs: 'active',
  handle: async (input, context) => {
    const { records } = context.pool
    const { user } = await verifyDeviceUser(input.AccessToken ?? '', context)
    const device = await requireDevice(records, user.value, input.DeviceKey ?? '')
    return { Device: await shownDevice(records, device.value) }
  },
})
