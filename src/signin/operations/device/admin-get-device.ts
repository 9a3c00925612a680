// AdminGetDevice: a device of a user.
import { operation } from '../../../directory/operation.ts'
import { requireDevice, shownDevice } from '../../../directory/user-devices.ts'
import { requireDeviceOwner } from '../../device-owner.ts'

export const adminGetDevice = operation({
  name: 'AdminGetDevice',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const user = await requireDeviceOwner(pool, input.Username, 'ResourceNotFoundException')
    const device = await requireDevice(pool.records, user, input.DeviceKey ?? '')
    return { Device: await shownDevice(pool.records, device.value) }
  },
})
