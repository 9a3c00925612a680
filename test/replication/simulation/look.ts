// What a Region has durably, read past its process, its key and its faults.
import { localRevocations, revocations } from '../../../src/directory/records/revocation.ts'
import {
  type RegisteredPool,
  type Replica,
  registeredPools,
  replicas,
} from '../../../src/directory/records/user-pool.ts'
import { type Errand, errands } from '../../../src/replication/registrations.ts'
import { reignOf } from '../../../src/replication/reign.ts'
import type { Stored } from '../../../src/vault/records.ts'
import { poolId } from '../support/deployment.ts'
import type { SimulatedRegion } from './world.ts'

/** As the gate would serve it: a primary that hands over, or has not opened yet, takes no writes. */
export const takesWrites = (pool: RegisteredPool): boolean =>
  pool.role === 'PRIMARY' && reignOf(pool).handover === undefined && reignOf(pool).isOpening !== true

export const registeredIn = async ({ reader }: SimulatedRegion): Promise<RegisteredPool | undefined> =>
  (await reader?.region.get(registeredPools, poolId))?.value

export const errandsIn = async ({ reader }: SimulatedRegion): Promise<readonly Errand[]> =>
  ((await reader?.region.list(errands, { limit: 100 }))?.items ?? []).map(({ value }) => value)

/** Only of a pool whose keyring is there. */
export const replicaRecordsIn = async (region: SimulatedRegion): Promise<readonly Stored<Replica>[]> => {
  if (region.reader === undefined || (await keyringIn(region)) === undefined) return []
  return (await region.reader.pool(poolId).secondary.list(replicas, { limit: 100 })).items
}

const keyringIn = ({ disk }: SimulatedRegion) => disk.content.get(`${poolId}/keyring/current`)

/** From when on tokens of the subject are valid in the Region; 0 when nothing is revoked. */
export const validAfterIn = async (region: SimulatedRegion, subject: string): Promise<number> => {
  if (region.reader === undefined || (await keyringIn(region)) === undefined) return 0
  const { secondary } = region.reader.pool(poolId)
  const [one, other] = await Promise.all([
    secondary.get(revocations, subject),
    secondary.get(localRevocations, subject),
  ])
  return Math.max(one?.value.validAfterMs ?? 0, other?.value.validAfterMs ?? 0)
}

/** Keys of everything that the Region has of the pool, wherever. */
export const keysIn = async ({ disk }: SimulatedRegion): Promise<readonly string[]> =>
  (await disk.content.range('', { limit: 10_000 }))
    .map(({ key }) => key)
    .filter((key) => key.split('/', 1)[0]?.includes(poolId) === true)
