// Time-based one-time passwords (RFC 6238) as authenticator apps make them: SHA-1, six digits, 30 seconds.
import { Secret, TOTP } from 'otpauth'
import type { Clock, Random } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import type { CodeVerdict } from './factor-attempts.ts'

const secretBytes = 32
const stepMs = 30_000
/** RFC 6238 section 5.2 recommends one step of delay; clocks can also be ahead. */
const driftSteps = 1

/** The refusal for a user who has no software token, or has none to verify. */
export const noSoftwareToken = (): Fault =>
  new Fault('SoftwareTokenMFANotFoundException', 'Software Token MFA does not exist for the user.')

/** A new secret in base32, 52 characters. */
export const makeTotpSecret = (random: Random): string =>
  new Secret({ buffer: new Uint8Array(random.bytes(secretBytes)).buffer }).base32

/** Whether `code` is the secret's within a step of now, and of which time step it is. */
export const checkTotp = (secret: string, code: string, { now }: Clock): CodeVerdict => {
  const totp = new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: stepMs / 1_000 })
  const nowMs = now()
  const delta = totp.validate({ token: code, timestamp: nowMs, window: driftSteps })
  return delta === null ? { isRight: false } : { isRight: true, timeStep: Math.floor(nowMs / stepMs) + delta }
}
