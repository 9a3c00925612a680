// DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER: a remembered device proves itself, and may stand for a second factor.
import { timingSafeEqual } from 'node:crypto'
import type { Device } from '../directory/records/device.ts'
import type { User } from '../directory/records/user.ts'
import { requireDevice } from '../directory/user-devices.ts'
import { claimSignature, isClientPublic } from '../srp/srp-server.ts'
import { Fault } from '../wire/fault.ts'
import { continueSignIn, resumed, sessionFor } from './begun-sign-in.ts'
import { checkMaySignIn, grantTokens } from './complete-sign-in.ts'
import type { DeviceSession } from './device-challenge.ts'
import { deviceGroupKey } from './device-key.ts'
import { changeDeviceUse, sessionOfDevice } from './device-use.ts'
import { poolSecrets } from './pool-secrets.ts'
import { wrongPassword } from './sign-in-candidate.ts'
import { required, type SignInRequest, type SignInStep } from './sign-in-request.ts'
import { canonicalTimestamp } from './srp-timestamp.ts'

/** What SECRET_BLOCK holds; numbers and secrets as base64. */
type DeviceSrpSession = DeviceSession & {
  readonly clientPublic: string
  readonly serverPublic: string
  readonly serverSecret: string
}

const toBase64 = (hex: string): string =>
  Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64')
const toHex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex')

/** The device of the session, unless it was forgotten, or no longer stands for a second factor. */
const deviceOf = async ({ context }: SignInRequest, user: User, begun: DeviceSession): Promise<Device> => {
  const device = (await requireDevice(context.pool.records, user, begun.deviceKey)).value
  if (begun.standsForFactor && !device.isRemembered)
    throw new Fault('ResourceNotFoundException', 'Device is not remembered.')
  return device
}

const checkDeviceKey = ({ parameters }: SignInRequest, begun: DeviceSession): void => {
  if (required(parameters, 'DEVICE_KEY') !== begun.deviceKey)
    throw new Fault('NotAuthorizedException', 'Invalid session for the user.')
}

export const startDeviceSrp: SignInStep = async (request) => {
  const { parameters, context } = request
  const clientPublic = required(parameters, 'SRP_A')
  const session = await sessionOfDevice(request)
  const { begun, stored } = await continueSignIn<DeviceSession>({ ...request, session }, 'DEVICE_SRP_AUTH')
  checkDeviceKey(request, begun)
  if (!isClientPublic(clientPublic)) throw new Fault('InvalidParameterException', 'SRP_A is not valid.')
  const device = await deviceOf(request, stored.value, begun)
  const { serverSecret, serverPublic } = await context.passwords.beginSrp(device.verifier)
  const content: DeviceSrpSession = {
    ...begun,
    clientPublic: toBase64(clientPublic),
    serverPublic: toBase64(serverPublic),
    serverSecret: serverSecret.toString('base64'),
  }
  return {
    ChallengeName: 'DEVICE_PASSWORD_VERIFIER',
    ChallengeParameters: {
      DEVICE_KEY: device.deviceKey,
      USERNAME: stored.value.username,
      SALT: device.salt,
      SRP_B: serverPublic,
      SECRET_BLOCK: await sessionFor(request, 'DEVICE_PASSWORD_VERIFIER', content),
    },
  }
}

export const verifyDeviceSrp: SignInStep = async (request) => {
  const { pool, parameters, context } = request
  const secretBlock = required(parameters, 'PASSWORD_CLAIM_SECRET_BLOCK')
  const claimed = Buffer.from(required(parameters, 'PASSWORD_CLAIM_SIGNATURE'), 'base64')
  const timestamp = canonicalTimestamp(required(parameters, 'TIMESTAMP'))
  const { begun, stored } = await continueSignIn<DeviceSrpSession>(
    { ...request, session: secretBlock },
    'DEVICE_PASSWORD_VERIFIER',
  )
  checkDeviceKey(request, begun)
  checkMaySignIn(stored.value)
  const device = await deviceOf(request, stored.value, begun)
  const secrets = await poolSecrets(pool.poolId, context.pool.records)
  const sessionKey = await context.passwords.srpSessionKey({
    clientPublic: toHex(begun.clientPublic),
    serverPublic: toHex(begun.serverPublic),
    serverSecret: Buffer.from(begun.serverSecret, 'base64'),
    verifier: device.verifier,
  })
  const expected = claimSignature(sessionKey, {
    poolName: deviceGroupKey(secrets.decoy),
    username: device.deviceKey,
    secretBlock: Buffer.from(secretBlock, 'base64'),
    timestamp,
  })
  if (claimed.length !== expected.length || !timingSafeEqual(claimed, expected)) throw wrongPassword()
  await changeDeviceUse(context, device.deviceKey, () => ({
    lastAtMs: context.clock.now(),
    lastIp: context.sourceIp,
  }))
  return grantTokens(resumed(request, begun), stored.value, { deviceKey: device.deviceKey, isBound: true })
}
