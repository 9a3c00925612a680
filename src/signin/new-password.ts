// The answer to NEW_PASSWORD_REQUIRED: replaces a temporary password, fills in attributes, and ends the sign-in.
import { checkWritable, missingAttributes, updatedAttributes } from '../directory/attribute-rules.ts'
import { isVerifiable } from '../directory/attribute-verification.ts'
import { replaceUser } from '../directory/change-user.ts'
import { type User, users } from '../directory/records/user.ts'
import { requireSecretHash } from '../directory/secret-hash.ts'
import { permanentPassword } from '../directory/set-password.ts'
import type { Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { isNamed, otherUser, resumed } from './begun-sign-in.ts'
import { checkMaySignIn, completeSignIn, type NewPasswordSession } from './complete-sign-in.ts'
import { poolSecrets } from './pool-secrets.ts'
import { openSession } from './session.ts'
import {
  passwordParameter,
  type SignInRequest,
  type SignInStep,
  usernameParameter,
} from './sign-in-request.ts'

const attributePrefix = 'userAttributes.'

/** The user that the session is about, unless the user or the temporary password was replaced since. */
const userOfSession = async (
  request: SignInRequest,
  session: string,
  name: string,
): Promise<{ readonly stored: Stored<User>; readonly begun: NewPasswordSession }> => {
  const { client, pool, context } = request
  const secrets = await poolSecrets(pool.poolId, context.pool.records)
  const begun = openSession<NewPasswordSession>(
    { poolId: pool.poolId, clientId: client.clientId, challenge: 'NEW_PASSWORD_REQUIRED' },
    session,
    { key: secrets.session, clock: context.clock },
  )
  const stored = await context.pool.records.get(users, begun.usernameKey)
  const isSame =
    stored !== undefined &&
    stored.value.sub === begun.sub &&
    stored.value.status === 'FORCE_CHANGE_PASSWORD' &&
    stored.value.credential?.setAtMs === begun.credentialSetAtMs &&
    isNamed(pool, begun.names, name)
  if (!isSame) throw await otherUser(request, name)
  return { stored, begun }
}

/** What no user may say, not even as it is: clients that send back all of `userAttributes` are told so. */
const fixedAttributes: ReadonlySet<string> = new Set(['sub', 'email_verified', 'phone_number_verified'])

/** What a user has already, and can't give again: an address not even with the same value. */
const isProvided = (name: string, value: string, { attributes }: User): boolean =>
  attributes[name] !== undefined && (isVerifiable(name) || attributes[name] !== value)

/** The user's attributes with those that come with the password: any that the client may write and that had no value yet. */
const filledAttributes = (
  { client, pool, parameters }: SignInRequest,
  user: User,
): Readonly<Record<string, string>> => {
  const given = Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) =>
      name.startsWith(attributePrefix) ? [[name.slice(attributePrefix.length), value] as const] : [],
    ),
  )
  const fixed = Object.keys(given).find((name) => fixedAttributes.has(name))
  if (fixed !== undefined)
    throw new Fault('InvalidParameterException', `Cannot modify the non-mutable attribute ${fixed}`)
  const provided = Object.entries(given).find(([name, value]) => isProvided(name, value, user))
  if (provided !== undefined)
    throw new Fault('NotAuthorizedException', `Cannot modify an already provided ${provided[0]}`)
  checkWritable(
    client,
    pool.schema,
    Object.keys(given).filter((name) => user.attributes[name] === undefined),
  )
  const filled = updatedAttributes(pool.schema, user.attributes, given, { fillsIn: true })
  const missing = missingAttributes(pool.schema, filled)
  if (missing.length > 0)
    throw new Fault('InvalidParameterException', `Invalid attributes given, ${missing.join(', ')} is missing`)
  return filled
}

export const setNewPassword: SignInStep = async (request) => {
  const { client, pool, parameters, context, session } = request
  const name = usernameParameter(parameters)
  const password = passwordParameter(parameters, 'NEW_PASSWORD')
  if (session === undefined)
    throw new Fault('InvalidParameterException', 'Missing required parameter Session')
  requireSecretHash(client, name, parameters.SECRET_HASH)
  const { stored, begun } = await userOfSession(request, session, name)
  checkMaySignIn(stored.value)
  const directory = context.pool.asPrimary('needs a new password to be set')
  const attributes = filledAttributes(request, stored.value)
  const changed = await replaceUser(
    { pool: { poolId: pool.poolId, records: directory }, clock: context.clock },
    pool,
    stored,
    {
      ...(await permanentPassword(pool, stored.value, password, context)),
      attributes,
      status: 'CONFIRMED',
    },
  )
  return completeSignIn({ ...resumed(request, begun), tokenSource: 'NewPasswordChallenge' }, changed)
}
