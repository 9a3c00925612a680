// Where a device comes into a sign-in: it proves itself, in the place of a second factor or after it, or is handed a key of its own.
import type { NewDeviceMetadataType } from '@aws-sdk/client-cognito-identity-provider'
import type { User } from '../directory/records/user.ts'
import { requireDevice } from '../directory/user-devices.ts'
import { type BegunSignIn, beginSignIn, challengeOf } from './begun-sign-in.ts'
import { deviceGroupKey, deviceKeyParameter, makeDeviceKey } from './device-key.ts'
import { changeDeviceUse } from './device-use.ts'
import { poolSecrets } from './pool-secrets.ts'
import type { SignInAnswer, SignInRequest } from './sign-in-request.ts'

export type DeviceSession = BegunSignIn & {
  readonly deviceKey: string
  /** The device was asked for in the place of a second factor: it must still be remembered when it answers. */
  readonly standsForFactor: boolean
}

/** Which device the sign-in says that it comes from: in this request, or in an earlier one of the same sign-in. */
const deviceKeyOf = (request: SignInRequest, earlier: BegunSignIn | undefined): string | undefined =>
  deviceKeyParameter(request.parameters) ?? earlier?.deviceKey

const askForDevice = async (
  request: SignInRequest,
  user: User,
  about: Pick<DeviceSession, 'deviceKey' | 'standsForFactor'>,
  earlier?: BegunSignIn,
): Promise<SignInAnswer> => {
  const { deviceKey } = about
  const content: DeviceSession = { ...beginSignIn(request, user, earlier), ...about }
  const asked = await challengeOf(request, 'DEVICE_SRP_AUTH', content, {
    USERNAME: user.username,
    DEVICE_KEY: deviceKey,
  })
  const askedSession = asked.Session
  if (askedSession !== undefined)
    await changeDeviceUse(request.context, deviceKey, (known) => ({ ...known, askedSession }))
  return asked
}

/**
 * The device's challenge in the place of a second factor, where the pool asks for second factors on new devices only; undefined for a
 * device that isn't remembered. Throws ResourceNotFoundException for one that isn't the user's.
 */
export const askForRememberedDevice = async (
  request: SignInRequest,
  user: User,
): Promise<SignInAnswer | undefined> => {
  const deviceKey = deviceKeyOf(request, undefined)
  const { pool, context } = request
  if (pool.settings.DeviceConfiguration?.ChallengeRequiredOnNewDevice !== true) return undefined
  if (deviceKey === undefined) return undefined
  const device = await requireDevice(context.pool.records, user, deviceKey)
  return device.value.isRemembered
    ? askForDevice(request, user, { deviceKey, standsForFactor: true })
    : undefined
}

/** The device's challenge at the end of a sign-in, in a pool that tracks devices; undefined for a new device. Throws as above. */
export const askForKnownDevice = async (
  request: SignInRequest,
  user: User,
  earlier?: BegunSignIn,
): Promise<SignInAnswer | undefined> => {
  if (request.pool.settings.DeviceConfiguration === undefined) return undefined
  const deviceKey = deviceKeyOf(request, earlier)
  if (deviceKey === undefined) return undefined
  await requireDevice(request.context.pool.records, user, deviceKey)
  return askForDevice(request, user, { deviceKey, standsForFactor: false }, earlier)
}

/** The device that tokens are granted to. */
export type SignInDevice = {
  readonly deviceKey: string
  /** Whether the tokens can be refreshed with the confirmed device's key only. */
  readonly isBound: boolean
  /** What the client needs to confirm a device that has no key yet. */
  readonly made?: NewDeviceMetadataType
}

/** A key for a device that has none, which the client may confirm; undefined in a pool that doesn't track devices. */
export const newDevice = async (
  { pool, context }: SignInRequest,
  { sub }: User,
): Promise<SignInDevice | undefined> => {
  if (pool.settings.DeviceConfiguration === undefined) return undefined
  const { decoy } = await poolSecrets(pool.poolId, context.pool.records)
  const deviceKey = makeDeviceKey(context.region, decoy, sub, context.random)
  return {
    deviceKey,
    // A secondary confirms no devices: whoever signs in there must be able to refresh without.
    isBound: context.pool.registered.role === 'PRIMARY',
    made: { DeviceKey: deviceKey, DeviceGroupKey: deviceGroupKey(decoy) },
  }
}
