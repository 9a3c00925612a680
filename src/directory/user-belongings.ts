// What belongs to a user beside the record, aliases, memberships and codes: passkeys and devices, deleted with the user.
import type { Locality } from '../vault/collection.ts'
import type { Changes, Records } from '../vault/records.ts'
import { devices } from './records/device.ts'
import { passkeys } from './records/passkey.ts'
import type { User } from './records/user.ts'
import { devicesOf } from './user-devices.ts'
import { passkeysOf } from './user-passkeys.ts'

/** Reads them and returns the function that deletes them, for the commit that deletes the user. */
export const prepareBelongingsDeletion = async (
  records: Pick<Records, 'find'>,
  user: Pick<User, 'usernameKey' | 'sub'>,
): Promise<(changes: Pick<Changes<Locality>, 'delete'>) => void> => {
  const [ownPasskeys, ownDevices] = await Promise.all([passkeysOf(records, user), devicesOf(records, user)])
  return (changes) => {
    for (const passkey of ownPasskeys) changes.delete(passkeys, passkey)
    for (const device of ownDevices) changes.delete(devices, device)
  }
}
