// IDs of tokens and events. A token's ID is a UUID of version 7 (RFC 9562): it carries the millisecond in which the token was issued.
import type { Clock, Random } from '../telemetry/clock.ts'

const uuidOf = (bytes: Buffer, version: number): string => {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [0, 8, 12, 16, 20].map((start, index) => hex.slice(start, [8, 12, 16, 20, 32][index])).join('-')
}

export const makeEventId = (random: Random): string => uuidOf(random.bytes(16), 4)

/**
 * `iat` counts whole seconds, which can't tell a token issued just before a sign-out from one issued just after it in the same second.
 * The ID can, without a claim that Cognito's tokens don't have.
 */
export const makeTokenId = ({
  clock,
  random,
}: {
  readonly clock: Clock
  readonly random: Random
}): string => {
  const bytes = random.bytes(16)
  bytes.writeUIntBE(clock.now(), 0, 6)
  return uuidOf(bytes, 7)
}

/** When the token with this ID was issued, ms; undefined for an ID of another shape. */
export const issuedAtOf = (tokenId: string): number | undefined =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(tokenId)
    ? Number.parseInt(tokenId.slice(0, 8) + tokenId.slice(9, 13), 16)
    : undefined
