// What belongs to a user beside the record, aliases, memberships and codes: passkeys, devices and sessions, deleted with the user.
import type { Locality } from '../vault/collection.ts'
import type { Changes, Records } from '../vault/records.ts'
import { devices } from './records/device.ts'
import { passkeys } from './records/passkey.ts'
import { tokenSessions } from './records/token-session.ts'
import type { User } from './records/user.ts'
import { devicesOf } from './user-devices.ts'
import { passkeysOf } from './user-passkeys.ts'

/** More than a user has. */
const sessionsMax = 500

/** Reads them and returns the function that deletes them, for the commit that deletes the user. */
export const prepareBelongingsDeletion = async (
  records: Pick<Records, 'find'>,
  user: Pick<User, 'usernameKey' | 'sub'>,
): Promise<(changes: Pick<Changes<Locality>, 'delete'>) => void> => {
  const [ownPasskeys, ownDevices, sessions] = await Promise.all([
    passkeysOf(records, user),
    devicesOf(records, user),
    records.find(tokenSessions, { name: 'user', value: user.usernameKey }, { limit: sessionsMax }),
  ])
  return (changes) => {
    for (const passkey of ownPasskeys) changes.delete(passkeys, passkey)
    for (const device of ownDevices) changes.delete(devices, device)
    for (const session of sessions.items) changes.delete(tokenSessions, session)
  }
}
