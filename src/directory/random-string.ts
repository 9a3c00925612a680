// Random identifiers and secrets: characters drawn without bias from an alphabet.
import type { Random } from '../telemetry/clock.ts'

export const lowercaseAlphanumeric = 'abcdefghijklmnopqrstuvwxyz0123456789'
export const alphanumeric = `ABCDEFGHIJKLMNOPQRSTUVWXYZ${lowercaseAlphanumeric}`

/** `length` characters of an alphabet of at most 256, each equally likely: bytes past the last whole multiple are drawn again. */
export const randomString = (random: Random, alphabet: string, length: number): string => {
  const bound = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length)
    for (const byte of random.bytes(length - text.length))
      if (byte < bound) text += alphabet[byte % alphabet.length]
  return text
}
