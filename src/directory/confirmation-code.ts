// Codes that are sent to users and given back: six digits, kept as a salted hash, good for a time and a few attempts.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Changes, Records, Stored, WritableRecords } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { randomString } from './random-string.ts'
import { type PendingCode, pendingCodes } from './records/user.ts'

const hourMs = 3_600_000
const codeLength = 6
export const attemptCountMax = 5
/** How often a code may be sent to a user for one purpose: without this bound each new code would bring new attempts. */
export const sendingsMax = 5
export const sendingsWindowMs = hourMs

/** How long codes are good (developer guide, "Quotas in Amazon Cognito", validity periods). */
export const codeLifetimesMs = {
  'sign-up': 24 * hourMs,
  'password-reset': hourMs,
  'attribute:email': 24 * hourMs,
  'attribute:phone_number': 24 * hourMs,
} as const
export type CodePurpose = keyof typeof codeLifetimesMs
const codePurposes = Object.keys(codeLifetimesMs) as readonly CodePurpose[]

/** What a code is for. `address` is where it was sent: when the user's address changes, the code no longer fits. */
export type CodeUse = {
  readonly usernameKey: string
  readonly purpose: CodePurpose
  readonly attribute: 'email' | 'phone_number'
  readonly address: string
  /** The value that the attribute is given once the code came back, when the user doesn't have it yet. */
  readonly newValue?: string
}

export const attemptsExceeded = (): Fault =>
  new Fault('LimitExceededException', 'Attempt limit exceeded, please try after some time.')
const expired = (): Fault =>
  new Fault('ExpiredCodeException', 'Invalid code provided, please request a code again.')
export const codeMismatch = (): Fault =>
  new Fault('CodeMismatchException', 'Invalid verification code provided, please try again.')

const hashOf = (
  salt: string,
  { usernameKey, purpose }: Pick<CodeUse, 'usernameKey' | 'purpose'>,
  address: string,
  code: string,
): string =>
  createHmac('sha256', Buffer.from(salt, 'base64'))
    .update(JSON.stringify([usernameKey, purpose, address, code]))
    .digest('base64')

export const readPending = (
  records: Pick<Records, 'get'>,
  use: Pick<CodeUse, 'usernameKey' | 'purpose'>,
): Promise<Stored<PendingCode> | undefined> => records.get(pendingCodes, `${use.usernameKey}\n${use.purpose}`)

/**
 * Makes a code and the function that stores its hash in a commit. It takes the place of an earlier code for the same purpose. Throws
 * LimitExceededException when too many were sent within the hour.
 */
export const prepareCode = async (
  records: Pick<Records, 'get'>,
  use: CodeUse,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  { isLimited = true }: { readonly isLimited?: boolean } = {},
): Promise<{
  readonly code: string
  write(changes: Pick<Changes<'regional'>, 'create' | 'replace'>): void
}> => {
  const nowMs = clock.now()
  const earlier = await readPending(records, use)
  const sentAtMs = (earlier?.value.sentAtMs ?? []).filter((atMs) => atMs > nowMs - sendingsWindowMs)
  if (isLimited && sentAtMs.length >= sendingsMax) throw attemptsExceeded()
  const code = randomString(random, '0123456789', codeLength)
  const salt = random.bytes(16).toString('base64')
  const pending: PendingCode = {
    usernameKey: use.usernameKey,
    purpose: use.purpose,
    attribute: use.attribute,
    salt,
    codeHash: hashOf(salt, use, use.address, code),
    expiresAtMs: nowMs + codeLifetimesMs[use.purpose],
    attemptCount: 0,
    sentAtMs: [...sentAtMs, nowMs].slice(-sendingsMax),
    ...(use.newValue === undefined ? {} : { newValue: use.newValue }),
  }
  return {
    code,
    write: (changes) =>
      earlier === undefined
        ? changes.create(pendingCodes, pending)
        : changes.replace(pendingCodes, earlier, pending),
  }
}

/**
 * The pending code that `code` is, to be deleted in the commit that it allows. A wrong one is counted, in a commit of its own. Throws
 * ExpiredCodeException, CodeMismatchException or LimitExceededException.
 */
export const requireCode = async (
  records: WritableRecords,
  use: Pick<CodeUse, 'usernameKey' | 'purpose'> & {
    addressOf(attribute: CodeUse['attribute']): string | undefined
  },
  code: string,
  { clock }: { readonly clock: Clock },
): Promise<Stored<PendingCode>> => {
  const stored = await readPending(records, use)
  if (stored === undefined || clock.now() >= stored.value.expiresAtMs) throw expired()
  const pending = stored.value
  if (pending.attemptCount >= attemptCountMax) throw attemptsExceeded()
  const address = pending.newValue ?? use.addressOf(pending.attribute) ?? ''
  const isRight = timingSafeEqual(
    Buffer.from(hashOf(pending.salt, use, address, code)),
    Buffer.from(pending.codeHash),
  )
  if (isRight) return stored
  await records.commit((changes) =>
    changes.replace(pendingCodes, stored, { ...pending, attemptCount: pending.attemptCount + 1 }),
  )
  throw codeMismatch()
}

/** Every pending code of a user, to be deleted with the user. */
export const pendingCodesOf = async (
  records: Pick<Records, 'get'>,
  usernameKey: string,
): Promise<readonly Stored<PendingCode>[]> => {
  const found = await Promise.all(
    codePurposes.map((purpose) => readPending(records, { usernameKey, purpose })),
  )
  return found.filter((stored) => stored !== undefined)
}
