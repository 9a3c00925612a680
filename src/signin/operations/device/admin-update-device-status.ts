// AdminUpdateDeviceStatus: remembers a device of a user, or doesn't any longer.
import { operation } from '../../../directory/operation.ts'
import { changeDeviceStatus } from '../../change-device.ts'
import { requireDeviceOwner } from '../../device-owner.ts'

export const adminUpdateDeviceStatus = operation({
  name: 'AdminUpdateDeviceStatus',
  runs: 'primary',
  handle: async (input, context) => {
    const user = await requireDeviceOwner(context.pool, input.Username, 'UserNotFoundException')
    await changeDeviceStatus(context, user, input)
    return {}
  },
})
