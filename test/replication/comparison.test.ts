// Comparing two living Regions: equal while writes go on, and the first record that differs named without opening it.
import { afterEach, expect, test } from 'vitest'
import {
  createDeployment,
  type Deployment,
  primaryRegion as east,
  poolId,
  otherRegion as west,
} from './support/deployment.ts'

let deployment: Deployment
afterEach(() => deployment.close())

const makeDeployment = async (count: number): Promise<void> => {
  deployment = await createDeployment({ regions: [east, west], delayMs: () => 3 })
  await deployment.makePool()
  for (let at = 0; at < count; at += 100)
    await Promise.all(
      Array.from({ length: Math.min(100, count - at) }, (_, index) =>
        deployment.put({ name: `note ${at + index}`, text: 'text' }),
      ),
    )
  await deployment.makeReplica(west)
}

const compare = (at: string, RegionName: string) =>
  deployment.region(at).replication.operator.compare({ UserPoolId: poolId, RegionName })

/** Past replication: as a defect of a disk or of ours would. */
const spoil = async (region: string, key: string, value: string | undefined): Promise<void> => {
  const { store } = deployment.region(region)
  const version = ((await store.get(key))?.version ?? 0) + 1
  await store.commit({
    stream: poolId,
    ...(value === undefined
      ? { delete: [key] }
      : { put: [{ key, version, value: Buffer.from(value), terms: [] }] }),
  })
}

test('Regions that are equal are found equal, from either side, over several pages, while writes go on', async () => {
  await makeDeployment(2_300)
  let isOver = false
  const writing = (async () => {
    for (let count = 0; !isOver; count += 1)
      await deployment.put({ name: `note ${count % 2_300}`, text: `changed ${count}` })
  })()
  for (const [at, other] of [
    [east, west],
    [west, east],
  ] as const) {
    const { ComparedCount, Difference, NextToken } = await compare(at, other)
    expect(Difference).toBeUndefined()
    expect(NextToken).toBeUndefined()
    expect(ComparedCount).toBeGreaterThan(2_300)
  }
  isOver = true
  await writing
})

test('a record that is missing, one too many and one that is changed are each named by collection and key', async () => {
  await makeDeployment(30)
  const { store } = deployment.region(east)
  const [first] = await store.range(`${poolId}/test-notes/`, { limit: 1 })
  const key = first?.key ?? ''
  const Key = key.slice(key.lastIndexOf('/') + 1)
  deployment.network.cut(east, west)
  await spoil(west, key, 'changed')
  deployment.network.heal(east, west)
  expect((await compare(east, west)).Difference).toEqual({
    Collection: 'test-notes',
    Key,
    VersionHere: first?.version,
    VersionThere: (first?.version ?? 0) + 1,
  })
  await spoil(west, key, undefined)
  expect((await compare(east, west)).Difference).toEqual({
    Collection: 'test-notes',
    Key,
    VersionHere: first?.version,
  })
  await spoil(west, `${poolId}/test-notes/!`, 'one too many')
  expect((await compare(west, east)).Difference).toEqual({
    Collection: 'test-notes',
    Key: '!',
    VersionHere: 1,
  })
})

test('a Region that can not be asked, or has no replica, is told', async () => {
  await makeDeployment(1)
  deployment.network.cut(east, west)
  await expect(compare(east, west)).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  await expect(compare(east, 'eu-central-1')).rejects.toMatchObject({ code: 'InvalidParameterException' })
  await expect(compare(east, east)).rejects.toMatchObject({ code: 'InvalidParameterException' })
})
