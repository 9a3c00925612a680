// The answer to NEW_PASSWORD_REQUIRED: replaces a temporary password, fills in required attributes, and ends the sign-in.
import { checkPassword } from '../directory/password-policy.ts'
import { type User, users } from '../directory/records/user.ts'
import { requireSecretHash } from '../directory/secret-hash.ts'
import type { Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import {
  checkMaySignIn,
  grantTokens,
  missingRequiredAttributes,
  type NewPasswordSession,
} from './complete-sign-in.ts'
import { poolSecrets } from './pool-secrets.ts'
import { openSession } from './session.ts'
import {
  passwordParameter,
  required,
  type SignInRequest,
  type SignInStep,
  usernameParameter,
} from './sign-in-request.ts'

const attributePrefix = 'userAttributes.'

/** The user that the session is about, unless the user or the temporary password was replaced since. */
const userOfSession = async (request: SignInRequest, name: string): Promise<Stored<User>> => {
  const { client, pool, context, session } = request
  const secrets = await poolSecrets(pool.poolId, context.pool.records)
  const begun = openSession<NewPasswordSession>(
    { poolId: pool.poolId, clientId: client.clientId, challenge: 'NEW_PASSWORD_REQUIRED' },
    session ?? '',
    { key: secrets.session, clock: context.clock },
  )
  const stored = await context.pool.records.get(users, begun.usernameKey)
  const isSame =
    stored !== undefined &&
    stored.value.sub === begun.sub &&
    stored.value.status === 'FORCE_CHANGE_PASSWORD' &&
    stored.value.credential?.setAtMs === begun.credentialSetAtMs &&
    begun.names.includes(name)
  if (!isSame) throw new Fault('NotAuthorizedException', 'Invalid session for the user.')
  return stored
}

/** The attributes that come with the new password: only required ones that were missing can be set here. */
const givenAttributes = (
  { pool, parameters }: SignInRequest,
  user: User,
): Readonly<Record<string, string>> => {
  const missing = missingRequiredAttributes(pool.schema, user.attributes)
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    name.startsWith(attributePrefix) ? [[name.slice(attributePrefix.length), value] as const] : [],
  )
  for (const [name, value] of given) {
    if (!missing.includes(name))
      throw new Fault('InvalidParameterException', `Cannot modify an already provided attribute: ${name}`)
    const bounds = pool.schema.find(({ Name }) => Name === name)?.StringAttributeConstraints
    const [min, max] = [Number(bounds?.MinLength ?? 0), Number(bounds?.MaxLength ?? 2_048)]
    if (value.length < min || value.length > max)
      throw new Fault('InvalidParameterException', `Attributes did not conform to the schema: ${name}`)
  }
  const stillMissing = missing.filter(
    (name) => !given.some(([other, value]) => other === name && value !== ''),
  )
  if (stillMissing.length > 0)
    throw new Fault(
      'InvalidParameterException',
      `Invalid attributes given, ${stillMissing.join(', ')} is missing`,
    )
  return Object.fromEntries(given)
}

export const setNewPassword: SignInStep = async (request) => {
  const { client, pool, parameters, context } = request
  const name = usernameParameter(parameters)
  const password = passwordParameter(parameters, 'NEW_PASSWORD')
  required({ Session: request.session ?? '' }, 'Session')
  requireSecretHash(client, name, parameters.SECRET_HASH)
  const stored = await userOfSession(request, name)
  const user = stored.value
  checkMaySignIn(user)
  const directory = context.pool.asPrimary('needs a new password to be set')
  checkPassword(password, pool.settings.Policies?.PasswordPolicy)
  const added = givenAttributes(request, user)
  const changed: User = {
    ...user,
    attributes: { ...user.attributes, ...added },
    status: 'CONFIRMED',
    modifiedAtMs: context.clock.now(),
    credential: await context.passwords.makeCredential(pool.poolId, user.username, password),
  }
  await directory.commit((changes) => changes.replace(users, stored, changed))
  return grantTokens(request, changed)
}
