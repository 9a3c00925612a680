// The pool that an operation is about: its settings, global and regional, as they are stored.
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import {
  type RegionalSettings,
  type RegisteredPool,
  regionalSettings,
  replicas,
  type UserPool,
  userPools,
} from './records/user-pool.ts'

/** More than a pool can have. */
const replicasMax = 100

type Scope = { readonly poolId: string; readonly records: Records }

/** The pool's own record. ResourceNotFoundException while a replica is being copied and has none yet. */
export const readPool = async ({ poolId, records }: Scope): Promise<Stored<UserPool>> => {
  const stored = await records.get(userPools, poolId)
  if (stored === undefined)
    throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
  return stored
}

/** This Region's settings of the pool; a replica that was given none has the defaults and the tags that it was created with. */
export const readRegionalSettings = async (
  scope: Scope & { readonly registered: Pick<RegisteredPool, 'initialTags'> },
): Promise<{ readonly stored: Stored<RegionalSettings> | undefined; readonly value: RegionalSettings }> => {
  const stored = await scope.records.get(regionalSettings, scope.poolId)
  const value = stored?.value ?? {
    poolId: scope.poolId,
    email: { EmailSendingAccount: 'COGNITO_DEFAULT' },
    tags: scope.registered.initialTags ?? {},
  }
  return { stored, value }
}

/** Whether the pool has a replica besides its primary, in whatever status. */
export const hasSecondaries = async ({ records }: Pick<Scope, 'records'>): Promise<boolean> => {
  const { items } = await records.list(replicas, { limit: replicasMax })
  return items.some(({ value }) => value.role === 'SECONDARY')
}
