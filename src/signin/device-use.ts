// What this Region remembers of a device between its sign-ins: when it was used last, and the Session that its next answer is to.
import { type DeviceUse, deviceUses } from '../directory/records/device.ts'
import { isFault } from '../wire/fault.ts'
import { openSessionOf } from './begun-sign-in.ts'
import { required, type SignInContext, type SignInRequest } from './sign-in-request.ts'
import { untilCommitted } from './until-committed.ts'

type Known = Omit<DeviceUse, 'deviceKey'>

/** Keeps what `change` makes of what is known of the device. */
export const changeDeviceUse = (
  { pool: { records } }: Pick<SignInContext, 'pool'>,
  deviceKey: string,
  change: (known: Known) => Known,
): Promise<void> =>
  untilCommitted(async () => {
    const stored = await records.get(deviceUses, deviceKey)
    const use: DeviceUse = { ...change(stored?.value ?? {}), deviceKey }
    await records.commit((changes) =>
      stored === undefined ? changes.create(deviceUses, use) : changes.replace(deviceUses, stored, use),
    )
  })

const isSessionOf = async (request: SignInRequest, challenge: string, session: string): Promise<boolean> => {
  try {
    await openSessionOf(request, challenge, session)
    return true
  } catch (error) {
    if (isFault(error) && error.code === 'NotAuthorizedException') return false
    throw error
  }
}

/**
 * The Session that an answer to DEVICE_SRP_AUTH is to. Amazon wants none there: its own examples send none, and amazon-cognito-identity-js
 * the one of an earlier challenge. Then it is the one that the device was last asked with, which is good for one such answer.
 */
export const sessionOfDevice = async (request: SignInRequest): Promise<string | undefined> => {
  const { session, parameters, context } = request
  if (session !== undefined && (await isSessionOf(request, 'DEVICE_SRP_AUTH', session))) return session
  const deviceKey = required(parameters, 'DEVICE_KEY')
  const asked = (await context.pool.records.get(deviceUses, deviceKey))?.value.askedSession
  if (asked === undefined || !(await isSessionOf(request, 'DEVICE_SRP_AUTH', asked))) return session
  await changeDeviceUse(context, deviceKey, (known) => {
    const { askedSession: _, ...kept } = known
    return kept
  })
  return asked
}
