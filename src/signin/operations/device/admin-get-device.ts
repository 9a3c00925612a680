// AdminGetDevice: a device of a user.
import { operation } from '../../../directory/operation.ts'
import { developerView, requireDevice, shownDevice } from '../../../directory/user-devices.ts'
import { requireDeviceOwner } from '../../device-owner.ts'

export const adminGetDevice = operation({
  name: 'AdminGetDevice',
  runs: 'inactive',
  handle: async (input, context) => {
    const { pool } = context
    const user = await requireDeviceOwner(pool, input.Username, 'ResourceNotFoundException')
    const device = await requireDevice(pool.records, user, input.DeviceKey ?? '')
    const view = developerView(context, user, device.value)
    return { Device: await shownDevice(pool.records, device.value, view) }
  },
})
