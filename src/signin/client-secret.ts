// A client secret that was sent itself, against those of the client.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { AppClient } from '../directory/records/app-client.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Whether `given` is one of the client's secrets, or the client is public and none is given. Compares all of them. */
export const isSecretOf = (client: Pick<AppClient, 'secrets'>, given: string | undefined): boolean => {
  if (client.secrets.length === 0) return given === undefined
  if (given === undefined) return false
  const givenDigest = digest(given)
  return client.secrets.filter(({ secret }) => timingSafeEqual(digest(secret), givenDigest)).length > 0
}
