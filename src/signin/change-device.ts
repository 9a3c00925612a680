// Forgetting a device, and remembering it or not.
import type { DeviceRememberedStatusType } from '@aws-sdk/client-cognito-identity-provider'
import { devices, deviceUses } from '../directory/records/device.ts'
import type { User } from '../directory/records/user.ts'
import { requireDevice } from '../directory/user-devices.ts'
import type { Clock } from '../telemetry/clock.ts'
import type { WritableRecords } from '../vault/records.ts'

/** Throws ResourceNotFoundException for a device that isn't the user's. */
export const forgetDeviceOf = async (
  records: WritableRecords,
  user: User,
  deviceKey: string | undefined,
): Promise<void> => {
  const device = await requireDevice(records, user, deviceKey ?? '')
  const use = await records.get(deviceUses, device.value.deviceKey)
  await records.commit((changes) => {
    changes.delete(devices, device)
    if (use !== undefined) changes.delete(deviceUses, use)
  })
}

/** Without a status nothing changes. Throws ResourceNotFoundException for a device that isn't the user's. */
export const changeDeviceStatus = async (
  {
    pool: { records },
    clock,
  }: { readonly pool: { readonly records: WritableRecords }; readonly clock: Clock },
  user: User,
  input: {
    readonly DeviceKey?: string | undefined
    readonly DeviceRememberedStatus?: DeviceRememberedStatusType | undefined
  },
): Promise<void> => {
  const device = await requireDevice(records, user, input.DeviceKey ?? '')
  if (input.DeviceRememberedStatus === undefined) return
  const isRemembered = input.DeviceRememberedStatus === 'remembered'
  await records.commit((changes) =>
    changes.replace(devices, device, { ...device.value, isRemembered, modifiedAtMs: clock.now() }),
  )
}
