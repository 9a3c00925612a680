// What operations may ask of replication: which replicas there are, and to create, switch and delete them.
import { type RegisteredPool, type Replica, replicas } from '../directory/records/user-pool.ts'
import type { ReplicaControl } from '../directory/replica-port.ts'
import { readKeyring } from '../vault/keyring.ts'
import { inRegion } from '../vault/vault.ts'
import { Fault } from '../wire/fault.ts'
import { checkKey, type KeyProblem, keyProblemKinds, keyProblemMessage } from './key-check.ts'
import { readFields } from './message-fields.ts'
import { type PeerCallHandler, PeerFailure } from './peer-port.ts'
import type { Primary } from './primary.ts'
import type { Registrations } from './registrations.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { Secondary } from './secondary.ts'
import type { StatusRegister } from './status-register.ts'

export type ReplicaActions = ReplicaControl & {
  /** Throws the Fault that says which key prerequisite isn't met, here or in the target Region. */
  checkKeys(poolId: string, targetRegion: string): Promise<void>
  /** The same for the key of the primary Region alone. */
  checkOwnKey(poolId: string): Promise<void>
  createReplica: Primary['createReplica']
  setStatus(pool: RegisteredPool, regionName: string, status: 'ACTIVE' | 'INACTIVE'): Promise<StatusRegister>
  deleteReplica: Primary['deleteReplica']
  /** Drops and copies anew what this Region has of the pool, as after a divergence. False when it follows no such pool. */
  recopy(poolId: string): boolean
}

const checkTimeoutMs = 15_000

/** A peer's failure as the caller of an operation sees it. */
const faultOf = (error: unknown, regionName: string): unknown => {
  if (!(error instanceof PeerFailure)) return error
  if (error.code !== 'Unreachable' && error.code !== 'InternalErrorException')
    return new Fault(error.code, error.message, { cause: error })
  return new Fault(
    'InternalErrorException',
    `Region ${regionName} can't be reached at the moment. Please try again.`,
    { status: 500, cause: error },
  )
}

export const createReplicaActions = (
  parts: ReplicationParts,
  registrations: Registrations,
  primary: Primary,
  secondary: Secondary,
): { readonly actions: ReplicaActions; readonly calls: Readonly<Record<'check-key', PeerCallHandler>> } => {
  const { region, account, vault, store, transport, keyService } = parts

  const listReplicas = async (poolId: string): Promise<readonly Replica[]> => {
    const registered = await registrations.get(poolId)
    if (registered === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    const { items } = await vault.pool(poolId).secondary.list(replicas, { limit: 100 })
    const secondaries = items
      .map(({ value }) => value)
      .filter(({ role }) => role === 'SECONDARY')
      // Of itself a replica says what is in force here, whatever has or has not yet been told between the Regions.
      .map((replica) =>
        registered.role === 'SECONDARY' && replica.regionName === region
          ? { ...replica, status: registered.status, statusAtMs: registered.statusAtMs }
          : replica,
      )
      .toSorted((one, other) => (one.regionName < other.regionName ? -1 : 1))
    const first: Replica = {
      regionName: registered.primaryRegion,
      role: 'PRIMARY',
      status: 'ACTIVE',
      statusAtMs: registered.createdAtMs,
    }
    return [first, ...secondaries]
  }

  const keyOf = async (
    poolId: string,
  ): Promise<{ readonly kmsKeyArn: string; readonly poolArn: string; readonly wrapped: string }> => {
    const kmsKeyArn = await vault.kmsKeyArnOf(poolId)
    const stored = await readKeyring(store, poolId)
    if (kmsKeyArn === undefined || stored === undefined)
      throw new Fault(
        'InvalidParameterException',
        `User pool ${poolId} is not encrypted with a customer managed key. Set KeyConfiguration to CUSTOMER_MANAGED_KEY with a multi-Region key (UpdateUserPool) and try again.`,
      )
    return { kmsKeyArn, poolArn: stored.keyring.poolArn, wrapped: stored.keyring.search }
  }

  const checkHere = (key: {
    readonly kmsKeyArn: string
    readonly poolArn: string
    readonly wrapped: string
  }): Promise<readonly KeyProblem[]> =>
    checkKey(keyService, {
      keyArn: inRegion(key.kmsKeyArn, region),
      poolArn: key.poolArn,
      account,
      wrapped: Buffer.from(key.wrapped, 'base64'),
    })

  const refuse = (found: readonly KeyProblem[], kmsKeyArn: string, where: string): void => {
    const message = keyProblemMessage(found, inRegion(kmsKeyArn, where), where)
    if (message !== undefined) throw new Fault('InvalidParameterException', message)
  }

  const problemIn = (item: unknown): KeyProblem => {
    const fields = readFields(item)
    const [principal, action, state] = ['principal', 'action', 'state'].map((name) =>
      fields.optionalText(name),
    )
    return {
      kind: fields.oneOf('kind', keyProblemKinds),
      ...(principal === undefined ? {} : { principal }),
      ...(action === undefined ? {} : { action }),
      ...(state === undefined ? {} : { state }),
    }
  }

  const actions: ReplicaActions = {
    knownRegions: () => parts.knownRegions,
    listReplicas,
    revocationMade: secondary.revocationMade,
    poolDeleted: primary.poolDeleted,
    checkOwnKey: async (poolId) => {
      const key = await keyOf(poolId)
      refuse(await checkHere(key), key.kmsKeyArn, region)
    },
    checkKeys: async (poolId, targetRegion) => {
      const key = await keyOf(poolId)
      let answer: unknown
      try {
        answer = await transport.call(targetRegion, 'check-key', key, { timeoutMs: checkTimeoutMs })
      } catch (error) {
        throw faultOf(error, targetRegion)
      }
      refuse(readFields(answer).list('problems', 100).map(problemIn), key.kmsKeyArn, targetRegion)
    },
    createReplica: primary.createReplica,
    deleteReplica: primary.deleteReplica,
    recopy: secondary.recopy,
    setStatus: async (pool, regionName, status) => {
      if (regionName === pool.primaryRegion)
        throw new Fault(
          'InvalidParameterException',
          `${regionName} is the primary Region of ${pool.poolId}. The status of the primary can't be changed.`,
        )
      if (pool.role === 'PRIMARY') return primary.setReplicaStatus(pool.poolId, regionName, status)
      if (regionName === region) return secondary.setOwnStatus(pool.poolId, status)
      if (!pool.replicaRegions.includes(regionName))
        throw new Fault(
          'ResourceNotFoundException',
          `User pool ${pool.poolId} has no replica in ${regionName}.`,
        )
      try {
        const answer = await transport.call(regionName, 'set-status', { poolId: pool.poolId, status })
        const fields = readFields(answer)
        return {
          status: fields.oneOf('status', ['ACTIVE', 'INACTIVE']),
          statusAtMs: fields.count('statusAtMs'),
        }
      } catch (error) {
        throw faultOf(error, regionName)
      }
    },
  }
  return {
    actions,
    calls: {
      'check-key': async (_fromRegion, body) => {
        const fields = readFields(body)
        const key = {
          kmsKeyArn: fields.text('kmsKeyArn'),
          poolArn: fields.text('poolArn'),
          wrapped: fields.text('wrapped'),
        }
        return { problems: await checkHere(key) }
      },
    },
  }
}
