// A user's devices as they are read and shown.
import type { DeviceType } from '@aws-sdk/client-cognito-identity-provider'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { Endpoints } from './endpoints.ts'
import { type Device, devices, deviceUses } from './records/device.ts'
import type { User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'

/** Amazon documents no limit; a user who confirms more loses the oldest. */
export const devicesPerUserMax = 100

type Whose = Pick<User, 'usernameKey' | 'sub'>

/** The user's device, or undefined. What is left of an earlier user of the same name isn't theirs. */
export const findDevice = async (
  records: Pick<Records, 'get'>,
  { sub }: Whose,
  deviceKey: string,
): Promise<Stored<Device> | undefined> => {
  const stored = await records.get(devices, deviceKey)
  return stored?.value.sub === sub ? stored : undefined
}

/** Throws InvalidUserPoolConfigurationException for a pool that knows no devices, before it is said whether one is there. */
export const requireDeviceTracking = ({ settings }: Pick<UserPool, 'settings'>): void => {
  if (settings.DeviceConfiguration === undefined)
    throw new Fault('InvalidUserPoolConfigurationException', 'The user pool does not track devices.')
}

/** Clients know by the word "device" that theirs was forgotten. */
export const noSuchDevice = (): Fault => new Fault('ResourceNotFoundException', 'Device does not exist.')

/** The same, or a Fault ResourceNotFoundException. */
export const requireDevice = async (
  records: Pick<Records, 'get'>,
  user: Whose,
  deviceKey: string,
): Promise<Stored<Device>> => {
  const stored = await findDevice(records, user, deviceKey)
  if (stored === undefined) throw noSuchDevice()
  return stored
}

/** Every device of the user, the one confirmed last first. */
export const devicesOf = async (
  records: Pick<Records, 'find'>,
  { usernameKey, sub }: Whose,
): Promise<readonly Stored<Device>[]> => {
  const { items } = await records.find(
    devices,
    { name: 'user', value: usernameKey },
    { limit: devicesPerUserMax + 1 },
  )
  return items
    .filter(({ value }) => value.sub === sub)
    .toSorted((first, second) => second.value.createdAtMs - first.value.createdAtMs)
}

/** What administrators see beside what users do (API reference, AdminListDevices and ListDevices, "Examples"). */
export type DeveloperView = { readonly deviceArn: string; readonly owner: string }

export const developerView = (
  { pool, endpoints }: { readonly pool: { readonly poolId: string }; readonly endpoints: Endpoints },
  { username }: Pick<User, 'username'>,
  { deviceKey }: Pick<Device, 'deviceKey'>,
): DeveloperView => {
  const owner = `${username}.${pool.poolId}`
  const service = endpoints.poolArn(pool.poolId).replace(/userpool\/.*$/u, '')
  return { owner, deviceArn: `${service}owner/${owner}/device/${deviceKey}` }
}

/** A device as the API shows it, with what this Region knows of its last sign-in. */
export const shownDevice = async (
  records: Pick<Records, 'get'>,
  device: Device,
  developer?: DeveloperView,
): Promise<DeviceType> => {
  const toDevelopers = (Name: string, Value: string) => (developer === undefined ? [] : [{ Name, Value }])
  const use = (await records.get(deviceUses, device.deviceKey))?.value
  return {
    DeviceKey: device.deviceKey,
    DeviceAttributes: [
      { Name: 'device_status', Value: 'valid' },
      ...(device.name === undefined ? [] : [{ Name: 'device_name', Value: device.name }]),
      ...toDevelopers('dev:device_arn', developer?.deviceArn ?? ''),
      ...toDevelopers('dev:device_owner', developer?.owner ?? ''),
      { Name: 'last_ip_used', Value: use?.lastIp ?? device.confirmedFromIp },
      ...toDevelopers('dev:device_remembered_status', device.isRemembered ? 'remembered' : 'not_remembered'),
      ...toDevelopers('dev:device_sdk', 'aws-sdk-unknown-unknown'),
    ],
    DeviceCreateDate: new Date(device.createdAtMs),
    DeviceLastModifiedDate: new Date(device.modifiedAtMs),
    DeviceLastAuthenticatedDate: new Date(use?.lastAtMs ?? device.createdAtMs),
  }
}
