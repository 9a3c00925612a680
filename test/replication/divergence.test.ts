// A replica or a primary that is not what it should be: it is noticed, said, and nobody is served by what is wrong.
import { afterEach, expect, test } from 'vitest'
import { registeredPools } from '../../src/directory/records/user-pool.ts'
import {
  createDeployment,
  type Deployment,
  primaryRegion as east,
  notes,
  poolId,
  otherRegion as west,
} from './support/deployment.ts'
import { waitUntil } from './support/wait-until.ts'

let deployment: Deployment
afterEach(() => deployment.close())

const describeAt = async (region: string) =>
  (await deployment.region(region).replication.operator.describe({ UserPoolId: poolId })).Replication

const makeDeployment = async (): Promise<void> => {
  deployment = await createDeployment({ regions: [east, west] })
  await deployment.makePool()
  await deployment.put({ name: 'one', text: 'text' })
  await deployment.makeReplica(west)
  await deployment
    .region(east)
    .call('UpdateUserPoolReplica', { UserPoolId: poolId, RegionName: west, Status: 'ACTIVE' })
  await waitUntil('it serves', async () => (await deployment.statusAt(west, west)) === 'ACTIVE')
  await deployment.settled()
}

/** As damage or a defect would: past the guard. */
const writeOnTheWrongSide = async (): Promise<void> => {
  await deployment.region(west).store.commit({
    put: [{ key: `${poolId}/test-notes/wrong`, version: 1, value: Buffer.from('wrong'), terms: [] }],
    stream: poolId,
  })
}

test('a replica that differs from its primary serves no longer, says so in both Regions, and comes back when it is copied anew and activated', async () => {
  await makeDeployment()
  await writeOnTheWrongSide()
  await deployment.put({ name: 'two', text: 'text' })
  await waitUntil('it is noticed', async () => (await describeAt(west)).FollowerState === 'diverged')
  for (const region of [east, west])
    await waitUntil(
      'it is out of service',
      async () => (await deployment.statusAt(region, west)) === 'INACTIVE',
    )
  expect((await describeAt(west)).FollowerReason).toContain(poolId)
  deployment.region(west).replication.control.recopy(poolId)
  await waitUntil('it follows', async () => (await describeAt(west)).FollowerState === 'following')
  await deployment.settled()
  await waitUntil('it is complete', async () => (await deployment.statusAt(east, west)) === 'INACTIVE')
  await deployment
    .region(east)
    .call('UpdateUserPoolReplica', { UserPoolId: poolId, RegionName: west, Status: 'ACTIVE' })
  await waitUntil('it serves', async () => (await deployment.statusAt(west, west)) === 'ACTIVE')
})

test('a primary whose replica turns out to have more takes no writes from then on, and the replica serves on', async () => {
  await makeDeployment()
  await deployment.stop(west)
  await deployment.start(west)
  // More than the primary ever had, as after the primary's disk lost its last writes.
  deployment.network.cut(east, west)
  await writeOnTheWrongSide()
  deployment.network.heal(east, west)
  await waitUntil('it is noticed', async () => !(await describeAt(east)).TakesWrites)
  expect(await describeAt(east)).toMatchObject({ Role: 'PRIMARY', OlderThan: { RegionName: west } })
  await expect(deployment.put({ name: 'two', text: 'text' })).rejects.toThrow(/changed while/)
  expect((await describeAt(west)).Status).toBe('ACTIVE')
  await expect(deployment.region(east).replication.operator.promote({ UserPoolId: poolId })).rejects.toThrow(
    /earlier state/,
  )
  // The other choice: what the primary has, and the rest is set aside.
  await deployment
    .region(east)
    .replication.operator.promote({ UserPoolId: poolId, Force: true, DiscardAhead: true })
  await waitUntil('it follows', async () => (await describeAt(west)).FollowerState === 'following')
  await deployment.put({ name: 'two', text: 'text' })
  await deployment.settled()
  expect(await describeAt(west)).toMatchObject({ SetAsideCount: 1 })
  const { vault } = deployment.region(west)
  expect((await vault.pool(poolId).secondary.get(notes, 'two'))?.value.text).toBe('text')
  expect((await vault.region.get(registeredPools, poolId))?.value.primaryRegion).toBe(east)
})
