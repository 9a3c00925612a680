// Devices of users, as the requests of the walk need them: the keys that a sign-in hands out, and devices that were confirmed.
import { verifierOf } from '../../../src/srp/srp-server.ts'
import { systemRandom } from '../../../src/telemetry/clock.ts'
import { required } from './call.ts'
import type { SignedIn, World } from './world.ts'

/** The request that confirms the device whose key the sign-in handed out. */
export const confirmationOf = ({ accessToken, result }: SignedIn) => {
  const DeviceKey = required(result.NewDeviceMetadata?.DeviceKey)
  const salt = systemRandom.bytes(16).toString('hex')
  const verifier = verifierOf({
    poolName: required(result.NewDeviceMetadata?.DeviceGroupKey),
    username: DeviceKey,
    password: 'a password that only the device knows',
    salt,
  })
  const asBase64 = (hex: string): string =>
    Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64')
  return {
    AccessToken: accessToken,
    DeviceKey,
    DeviceSecretVerifierConfig: { Salt: asBase64(salt), PasswordVerifier: asBase64(verifier) },
  }
}

export const confirmedDevice = async (world: World) => {
  const signedIn = await world.makeSignedIn()
  const confirmation = confirmationOf(signedIn)
  await world.call('ConfirmDevice', confirmation)
  return { ...signedIn, deviceKey: confirmation.DeviceKey }
}
