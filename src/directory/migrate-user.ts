// Moves a user into the pool whom the user migration function knows from elsewhere (developer guide, "Migrate user Lambda trigger").
import type { Clock, Random } from '../telemetry/clock.ts'
import type { WritableRecords } from '../vault/records.ts'
import { Fault, isFault } from '../wire/fault.ts'
import { newAttributes } from './attribute-rules.ts'
import { attributesWithName, makeUser, prepareNewUser } from './new-user.ts'
import type { Passwords } from './passwords-port.ts'
import type { AppClient } from './records/app-client.ts'
import type { User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'
import type { TriggerScope, Triggers, UserMigrationAnswer, UserMigrationCall } from './triggers-port.ts'
import { hidesUsers } from './user-existence.ts'

type Migration = {
  readonly userPool: UserPool
  readonly client: Pick<AppClient, 'clientId' | 'settings'>
  readonly pool: TriggerScope & { asPrimary(reason: string): WritableRecords }
  readonly triggers: Triggers
  readonly passwords: Passwords
  readonly clock: Clock
  readonly random: Random
}

/** About a user whom the function refused, doesn't know, or described in a way that makes no user. */
const notMigrated = (
  client: Migration['client'],
  source: UserMigrationCall['source'],
  cause?: unknown,
): undefined => {
  if (!hidesUsers(client))
    throw new Fault('UserNotFoundException', `Exception migrating user in app client ${client.clientId}`, {
      cause,
    })
  if (source === 'Authentication')
    throw new Fault('NotAuthorizedException', 'Incorrect username or password.', { cause })
  // Who forgot a password is told what everybody is told.
  return undefined
}

/** What of a function's answer is about the user, and not about the call. */
const refusals: ReadonlySet<string> = new Set([
  'UserLambdaValidationException',
  'InvalidLambdaResponseException',
])

const store = async (
  { userPool, pool, passwords, clock, random }: Migration,
  name: string,
  { userAttributes, finalUserStatus, forceAliasCreation, enableSmsMfa }: UserMigrationAnswer,
  password: string | undefined,
): Promise<User> => {
  const { username = name, sub: _, 'cognito:user_status': __, ...given } = userAttributes
  const named = attributesWithName(userPool, username, given)
  const attributes = newAttributes(userPool.schema, named, 'admin')
  // Without a password of their own they are here to choose one.
  const status = password === undefined ? 'RESET_REQUIRED' : finalUserStatus
  const made = makeUser(userPool, { username, attributes, status }, { clock, random })
  const user: User = {
    ...made,
    // "The password strength policy will not be enforced during migration."
    ...(password === undefined
      ? {}
      : { credential: await passwords.makeCredential(userPool.poolId, made.username, password) }),
    ...(enableSmsMfa && attributes.phone_number !== undefined
      ? { mfa: { enabled: ['SMS_MFA'], preferred: 'SMS_MFA' } }
      : {}),
  }
  const records = pool.asPrimary('needs the user to be migrated into the user pool')
  const write = await prepareNewUser(records, userPool, user, {
    taken: 'User already exists',
    takesOver: forceAliasCreation,
  })
  await records.commit((changes) => write(changes, user))
  return user
}

/**
 * Asks the function about a name that the pool doesn't have, and keeps the user it knows. Resolves with undefined when the pool has no such
 * trigger here, and for a forgotten password where the client hides users. Rejects with UserNotFoundException (NotAuthorizedException where
 * the client hides users) for one whom the function doesn't let in, and on a secondary with OperationNotEnabledException for one whom it does.
 */
export const migrateUser = async (
  migration: Migration,
  call: Pick<UserMigrationCall, 'source' | 'username' | 'password' | 'validationData' | 'clientMetadata'>,
): Promise<User | undefined> => {
  const { client, pool, triggers } = migration
  const { clientId } = client
  try {
    const answer = await triggers.userMigration(pool, { ...call, clientId })
    if (answer === 'none') return undefined
    if (answer === 'unknown') return notMigrated(client, call.source)
    return await store(migration, call.username, answer, call.password)
  } catch (error) {
    if (isFault(error) && refusals.has(error.code)) return notMigrated(client, call.source, error)
    throw error
  }
}
