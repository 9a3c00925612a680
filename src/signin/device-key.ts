// Keys of devices: handed out at a sign-in without being stored, and recognised when the device is confirmed.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'

/** Half random, half the proof that this pool made it for this user. */
const randomBytes = 8
const proofBytes = 8

const proof = (secret: Buffer, sub: string, random: Buffer): Buffer =>
  createHmac('sha256', secret).update(`device key\n${sub}\n`).update(random).digest().subarray(0, proofBytes)

const asUuid = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** `<Region>_<UUID>`, the form of Cognito's device keys. */
export const makeDeviceKey = (region: string, secret: Buffer, sub: string, random: Random): string => {
  const drawn = random.bytes(randomBytes)
  return `${region}_${asUuid(Buffer.concat([drawn, proof(secret, sub, drawn)]))}`
}

/** Whether the key was made for this user, in whichever Region. */
export const isDeviceKeyOf = (deviceKey: string, secret: Buffer, sub: string): boolean => {
  const bytes = Buffer.from(deviceKey.slice(deviceKey.lastIndexOf('_') + 1).replaceAll('-', ''), 'hex')
  if (bytes.length !== randomBytes + proofBytes) return false
  return timingSafeEqual(proof(secret, sub, bytes.subarray(0, randomBytes)), bytes.subarray(randomBytes))
}

/** The name that devices of the pool hash in the place of the pool's: the same for all of them, in every Region. */
export const deviceGroupKey = (secret: Buffer): string =>
  `-${createHmac('sha256', secret).update('device group').digest('base64').replaceAll(/[+/=]/g, '').slice(0, 8)}`

/** The refusal for a key that no sign-in gave out. */
export const invalidDeviceKey = (): Fault =>
  new Fault('InvalidParameterException', 'Invalid device key given.')

const deviceKeyPattern = /^[\w-]{1,18}_[0-9a-f-]{36}$/

/** `DEVICE_KEY` of a request, or undefined. Throws InvalidParameterException for what can't be one. */
export const deviceKeyParameter = (parameters: Readonly<Record<string, string>>): string | undefined => {
  // Clients whose device was forgotten send null or nothing in its place.
  const given: string | null | undefined = parameters.DEVICE_KEY
  if (given === undefined || given === null || given === '') return undefined
  if (!deviceKeyPattern.test(given)) throw invalidDeviceKey()
  return given
}
