// The proof that a request comes from a confidential app client: SECRET_HASH (developer guide, "Computing secret hash values").
import { createHmac, timingSafeEqual } from 'node:crypto'
import { Fault } from '../wire/fault.ts'
import type { AppClient } from './records/app-client.ts'

/** Base64 of HMAC-SHA256 under the client's secret over the user name, as the caller gave it, followed by the client ID. */
export const secretHash = (secret: string, username: string, clientId: string): string =>
  createHmac('sha256', secret).update(`${username}${clientId}`).digest('base64')

const isEqual = (first: string, second: string): boolean => {
  const [left, right] = [Buffer.from(first), Buffer.from(second)]
  return left.length === right.length && timingSafeEqual(left, right)
}

const refuse = (message: string): Fault => new Fault('NotAuthorizedException', message)

/**
 * Throws NotAuthorizedException unless `given` is the hash under one of the client's secrets, and InvalidParameterException when it is
 * given to a client that has none.
 * Every secret is compared, so that the time tells nothing about which one was meant.
 */
export const requireSecretHash = (
  client: Pick<AppClient, 'clientId' | 'secrets'>,
  username: string,
  given: string | undefined,
): void => {
  const { clientId, secrets } = client
  if (secrets.length === 0) {
    if (given === undefined) return
    throw new Fault(
      'InvalidParameterException',
      `Client ${clientId} is not configured for secret but secret hash was received`,
    )
  }
  if (given === undefined)
    throw refuse(`Client ${clientId} is configured with secret but SECRET_HASH was not received`)
  const matches = secrets.filter(({ secret }) => isEqual(secretHash(secret, username, clientId), given))
  if (matches.length === 0) throw refuse(`Unable to verify secret hash for client ${clientId}`)
}
