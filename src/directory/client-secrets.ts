// Client IDs and client secrets: how they are made.
import type { Random } from '../telemetry/clock.ts'
import { lowercaseAlphanumeric, randomString } from './random-string.ts'
import type { ClientSecret } from './records/app-client.ts'

/** A client has at most this many secrets, so that one can take over from the other without a gap. */
export const clientSecretsMax = 2

const clientIdLength = 26
/** 51 characters of 36: 263 bits. */
const secretLength = 51

export const makeClientId = (random: Random): string =>
  randomString(random, lowercaseAlphanumeric, clientIdLength)

/** A secret of the given value, or a random one. The ID is `<client ID>--<creation time>` (API reference, ClientSecretDescriptorType). */
export const makeClientSecret = (
  client: { readonly clientId: string; readonly secrets: readonly ClientSecret[] },
  source: { readonly random: Random; readonly nowMs: number; readonly value?: string | undefined },
): ClientSecret => {
  const { random, value } = source
  const latestMs = client.secrets.at(-1)?.createdAtMs ?? 0
  // Two secrets of a client never share a creation time, so their IDs differ.
  const createdAtMs = Math.max(source.nowMs, latestMs + 1)
  return {
    secretId: `${client.clientId}--${createdAtMs}`,
    secret: value ?? randomString(random, lowercaseAlphanumeric, secretLength),
    createdAtMs,
  }
}
