// AdminListDevices: the devices of a user.
import { operation } from '../../../directory/operation.ts'
import { developerView } from '../../../directory/user-devices.ts'
import { requireDeviceOwner } from '../../device-owner.ts'
import { devicePage } from '../../device-page.ts'

export const adminListDevices = operation({
  name: 'AdminListDevices',
  runs: 'inactive',
  handle: async (input, context) => {
    const { pool } = context
    const user = await requireDeviceOwner(pool, input.Username, 'ResourceNotFoundException')
    return devicePage(pool.records, user, input, (device) => developerView(context, user, device))
  },
})
