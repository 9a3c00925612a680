// A page of a user's devices.
import type { ListDevicesResponse } from '@aws-sdk/client-cognito-identity-provider'
import { decodePageToken, encodePageToken } from '../directory/pagination.ts'
import type { Device } from '../directory/records/device.ts'
import type { User } from '../directory/records/user.ts'
import { type DeveloperView, devicesOf, shownDevice } from '../directory/user-devices.ts'
import type { Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'

/** Bound of `Limit`, and the page size without one. */
const pageSizeMax = 60

/** The devices of the user, the one confirmed last first; `viewOf` adds what administrators see. Throws InvalidParameterException for a token of something else. */
export const devicePage = async (
  records: Pick<Records, 'get' | 'find'>,
  user: User,
  {
    Limit,
    PaginationToken,
  }: { readonly Limit?: number | undefined; readonly PaginationToken?: string | undefined },
  viewOf?: (device: Device) => DeveloperView,
): Promise<ListDevicesResponse> => {
  const owned = await devicesOf(records, user)
  const kind = `ListDevices ${user.sub}`
  const after = decodePageToken(kind, PaginationToken)
  const start = after === undefined ? 0 : owned.findIndex(({ value }) => value.deviceKey === after) + 1
  if (after !== undefined && start === 0)
    throw new Fault('InvalidParameterException', 'Invalid pagination token.')
  const page = owned.slice(start, start + (Limit || pageSizeMax))
  const last = start + page.length < owned.length ? page.at(-1) : undefined
  return {
    Devices: await Promise.all(page.map(({ value }) => shownDevice(records, value, viewOf?.(value)))),
    PaginationToken: encodePageToken(kind, last?.value.deviceKey),
  }
}
