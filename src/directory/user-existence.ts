// What an app client tells about users who don't exist (developer guide, "Managing error responses").
import { createHmac } from 'node:crypto'
import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import type { Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { deliveryDetails } from './messages-port.ts'
import type { AppClient } from './records/app-client.ts'
import { tokenKeys, type UserPool } from './records/user-pool.ts'
import { isEmail, isPhoneNumber, usernameKeyOf } from './username-rules.ts'

/** Whether the client keeps to itself which users exist; one that was made without the setting is on LEGACY. */
export const hidesUsers = ({ settings }: Pick<AppClient, 'settings'>): boolean =>
  settings.PreventUserExistenceErrors === 'ENABLED'

/** The answer about a user who doesn't exist: `hidden` where the client hides that, else UserNotFoundException. */
export const noSuchUsername = (client: Pick<AppClient, 'settings'>, hidden?: Fault): Fault =>
  hidesUsers(client) && hidden !== undefined
    ? hidden
    : new Fault('UserNotFoundException', 'Username/client id combination not found.')

const letters = 'abcdefghijklmnopqrstuvwxyz'

/**
 * Where a code would have gone: the same for a name each time, and not to be foretold without the pool's secret. Without a medium, the one that
 * the pool verifies.
 */
export const simulatedDelivery = async (
  records: Pick<Records, 'get'>,
  userPool: UserPool,
  username: string,
  medium?: 'EMAIL' | 'SMS',
): Promise<CodeDeliveryDetailsType> => {
  const secret = (await records.get(tokenKeys, userPool.poolId))?.value.secret
  if (secret === undefined) throw new Error(`pool ${userPool.poolId} has no token key`)
  const drawn = createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(JSON.stringify(['simulated delivery', usernameKeyOf(userPool, username)]))
    .digest()
  const verified = userPool.settings.AutoVerifiedAttributes ?? []
  const isPhone = verified.includes('phone_number') && !isEmail(username)
  if (medium === 'SMS' || (medium === undefined && isPhone)) {
    const digits = String(drawn.readUInt32BE(0)).padStart(10, '0')
    return deliveryDetails('phone_number', 'SMS', isPhoneNumber(username) ? username : `+1${digits}`)
  }
  const letter = (index: number): string => letters.charAt(drawn.readUInt8(index) % letters.length)
  return deliveryDetails('email', 'EMAIL', isEmail(username) ? username : `${letter(0)}@${letter(1)}.com`)
}
