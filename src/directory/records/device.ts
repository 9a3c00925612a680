// What is stored of the devices that users sign in with (developer guide, "Working with user devices in your user pool").
import { collection } from '../../vault/collection.ts'

/** A confirmed device of the user with this `sub`. Its password's SRP verifier and salt are big-endian hex. */
export type Device = {
  /** `<Region>_<UUID>`. */
  readonly deviceKey: string
  readonly usernameKey: string
  readonly sub: string
  readonly name?: string
  readonly salt: string
  readonly verifier: string
  readonly isRemembered: boolean
  readonly createdAtMs: number
  readonly modifiedAtMs: number
  /** Where it was confirmed from. */
  readonly confirmedFromIp: string
}

export const devices = collection<Device, 'replicated'>('devices', {
  locality: 'replicated',
  keyOf: ({ deviceKey }) => deviceKey,
  terms: ({ usernameKey }) => [{ name: 'user', value: usernameKey }],
})

/** When a device last signed in through this Region: signing in writes nothing that is replicated. */
export type DeviceUse = {
  readonly deviceKey: string
  readonly lastAtMs?: number
  readonly lastIp?: string
  /** The Session of the DEVICE_SRP_AUTH that the device was asked for last and has not answered, for clients that bring none. */
  readonly askedSession?: string
}

export const deviceUses = collection<DeviceUse, 'regional'>('device-uses', {
  locality: 'regional',
  keyOf: ({ deviceKey }) => deviceKey,
})
