// How the operations begin that an app client calls for a user, without a signature: the pool, the client, and the proof that the client has its secret.
import type { Stored } from '../vault/records.ts'
import { readClient } from './read-client.ts'
import { readPool } from './read-pool.ts'
import type { AppClient } from './records/app-client.ts'
import type { UserPool } from './records/user-pool.ts'
import { requireSecretHash } from './secret-hash.ts'

type Pool = Parameters<typeof readPool>[0] & Parameters<typeof readClient>[0]

export type ClientCall = {
  readonly userPool: UserPool
  readonly client: AppClient
  /** The name by which the client calls the user. */
  readonly username: string
}

/** Throws ResourceNotFoundException for a client that the pool doesn't have, NotAuthorizedException for a wrong or missing secret hash. */
export const readClientCall = async (
  pool: Pool,
  input: {
    readonly ClientId?: string | undefined
    readonly Username?: string | undefined
    readonly SecretHash?: string | undefined
  },
): Promise<ClientCall> => {
  const username = input.Username ?? ''
  const [userPool, client]: [Stored<UserPool>, Stored<AppClient>] = await Promise.all([
    readPool(pool),
    readClient(pool, input.ClientId),
  ])
  requireSecretHash(client.value, username, input.SecretHash)
  return { userPool: userPool.value, client: client.value, username }
}
