// AdminForgetDevice: deletes a device of a user.
import { operation } from '../../../directory/operation.ts'
import { forgetDeviceOf } from '../../change-device.ts'
import { requireDeviceOwner } from '../../device-owner.ts'

export const adminForgetDevice = operation({
  name: 'AdminForgetDevice',
  runs: 'primary',
  handle: async (input, { pool }) => {
    const user = await requireDeviceOwner(pool, input.Username, 'UserNotFoundException')
    await forgetDeviceOf(pool.records, user, input.DeviceKey)
    return {}
  },
})
