// A Region's directory with the operations on users, groups and sign-up, real password work, and the inbox that messages go to.

import type { AnyOperation, Input } from '../../src/directory/operation.ts'
import { groupOperations } from '../../src/directory/operations/group/operations.ts'
import { signUpOperations } from '../../src/directory/operations/sign-up/operations.ts'
import { userOperations } from '../../src/directory/operations/user/operations.ts'
import { appClients } from '../../src/directory/records/app-client.ts'
import type { Runtime } from '../../src/directory/runtime.ts'
import { createMessages } from '../../src/messages/create-messages.ts'
import { type ReadMessage, readInbox } from '../../src/messages/inbox.ts'
import { adminDisableUser } from '../../src/signin/operations/admin-disable-user.ts'
import { createPasswordWorkers } from '../../src/srp/password-worker.ts'
import type { Store } from '../../src/store/store.ts'
import { startDirectory, type TestDirectory } from './directory.ts'

export const theseOperations = [...userOperations, adminDisableUser, ...groupOperations, ...signUpOperations]

export type UsersDirectory = TestDirectory & {
  readonly runtime: Runtime
  /** What was sent to users of the pool, oldest first. */
  inbox(poolId: string, destination?: string): Promise<readonly ReadMessage[]>
  /** Makes an app client and returns its ID and secret. */
  makeClient(
    poolId: string,
    settings?: Partial<Input<'CreateUserPoolClient'>>,
  ): Promise<{ readonly clientId: string; readonly secret: string | undefined }>
}

export const startUsersDirectory = async (
  options: {
    readonly wrapStore?: (store: Store) => Store
    /** Besides these. */
    readonly operations?: readonly AnyOperation[]
  } = {},
): Promise<UsersDirectory> => {
  let runtime: Runtime | undefined
  const directory = await startDirectory({
    ...options,
    operations: [...theseOperations, ...(options.operations ?? [])],
    runtimeWith: (base) => {
      const { vault, clock, random } = base
      const passwords = createPasswordWorkers({ threads: 1, random, clock })
      const messages = createMessages({ vault, clock, random, log: { info: () => {} } })
      runtime = { ...base, passwords, messages }
      return { passwords, messages }
    },
  })
  if (runtime === undefined) throw new Error('the directory has no runtime')
  const made = runtime
  return {
    ...directory,
    runtime: made,
    inbox: (poolId, destination) => readInbox(made, [poolId], destination),
    makeClient: async (poolId, settings = {}) => {
      const { UserPoolClient } = await directory.call('CreateUserPoolClient', {
        UserPoolId: poolId,
        ClientName: 'app',
        ...settings,
      })
      const clientId = UserPoolClient?.ClientId ?? ''
      const stored = await made.vault.pool(poolId).primary.get(appClients, clientId)
      return { clientId, secret: stored?.value.secrets[0]?.secret }
    },
    close: async () => {
      await (made.passwords as ReturnType<typeof createPasswordWorkers>).close()
      await directory.close()
    },
  }
}
