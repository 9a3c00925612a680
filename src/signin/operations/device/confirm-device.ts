// ConfirmDevice: keeps a device that a sign-in handed a key to, with the verifier of its password.
import type { DeviceSecretVerifierConfigType } from '@aws-sdk/client-cognito-identity-provider'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { type Device, devices } from '../../../directory/records/device.ts'
import { devicesOf, devicesPerUserMax, requireDeviceTracking } from '../../../directory/user-devices.ts'
import { isClientPublic } from '../../../srp/srp-server.ts'
import { Fault } from '../../../wire/fault.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { invalidDeviceKey, isDeviceKeyOf } from '../../device-key.ts'
import { poolSecrets } from '../../pool-secrets.ts'

const saltBytesMax = 64
const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/** Salt and verifier as hex. Throws InvalidParameterException for what can't be those of SRP. */
const readVerifier = (
  given: DeviceSecretVerifierConfigType | undefined,
): Pick<Device, 'salt' | 'verifier'> => {
  const { Salt = '', PasswordVerifier = '' } = given ?? {}
  const salt = Buffer.from(Salt, 'base64')
  const verifier = Buffer.from(PasswordVerifier, 'base64').toString('hex')
  const isSalt = base64.test(Salt) && salt.length <= saltBytesMax
  // A verifier is a number of the group like a public value: not a multiple of the prime, and no longer than it.
  if (!isSalt || !base64.test(PasswordVerifier) || !isClientPublic(verifier))
    throw new Fault('InvalidParameterException', 'DeviceSecretVerifierConfig is not valid.')
  return { salt: salt.toString('hex'), verifier }
}

export const confirmDevice = operation({
  name: 'ConfirmDevice',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const pool = (await readPool(context.pool)).value
    const { DeviceConfiguration } = pool.settings
    requireDeviceTracking(pool)
    const deviceKey = input.DeviceKey ?? ''
    const { usernameKey, sub } = user.value
    const { decoy } = await poolSecrets(pool.poolId, records)
    // A key that no sign-in of this user gave out is no device of theirs.
    if (!isDeviceKeyOf(deviceKey, decoy, sub)) throw invalidDeviceKey()
    const verifier = readVerifier(input.DeviceSecretVerifierConfig)
    if ((await records.get(devices, deviceKey)) !== undefined)
      throw new Fault('DeviceKeyExistsException', 'The device is confirmed already.')
    const owned = await devicesOf(records, user.value)
    const isAsked = DeviceConfiguration?.DeviceOnlyRememberedOnUserPrompt === true
    const nowMs = context.clock.now()
    await records.commit((changes) => {
      changes.create(devices, {
        deviceKey,
        usernameKey,
        sub,
        ...(input.DeviceName === undefined ? {} : { name: input.DeviceName }),
        ...verifier,
        isRemembered: !isAsked,
        createdAtMs: nowMs,
        modifiedAtMs: nowMs,
        confirmedFromIp: context.sourceIp,
      })
      for (const oldest of owned.slice(devicesPerUserMax - 1)) changes.delete(devices, oldest)
    })
    return { UserConfirmationNecessary: isAsked }
  },
})
