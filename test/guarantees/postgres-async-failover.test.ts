// A Region of two nodes over a database with an asynchronous standby that lags: the database's primary is gone, the standby is promoted, and with it
// the Region is set back to a state that is older than its replica's.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ReplicationShape } from '../../src/replication/operator-shapes.ts'
import { eventually } from '../support/regions.ts'
import { primaryRegion, secondaryRegion, signIn } from '../support/replicated-pool.ts'
import { type StandbyRegion, startStandbyRegion } from '../support/standby-region.ts'

let region: StandbyRegion
beforeAll(async () => {
  region = await startStandbyRegion({ isSynchronous: false })
}, 60_000)
afterAll(() => region?.close())

const described = (name: string): Promise<Partial<ReplicationShape>> =>
  region.describeAt(name).catch(() => ({}))

test('a Region whose database was set back says so and takes no write at any node, the replica keeps what was lost, and takes over with it', async () => {
  const { primary, standby, regions, clients, pool, createUser, isThere } = region
  const [one, two] = clients
  const west = regions.cognito(secondaryRegion)
  await createUser(one, 'kept')
  await eventually(
    () => isThere(west, 'kept'),
    (is) => is,
  )
  await standby.detach()
  const lost = Array.from({ length: 12 }, (_, count) => `lost-${count}`)
  for (const [count, name] of lost.entries()) await createUser(count % 2 === 0 ? one : two, name)
  await eventually(
    () => isThere(west, lost.at(-1) ?? ''),
    (is) => is,
  )
  const ahead = await region.describeAt(secondaryRegion)

  // Writers go on all the time, also while the Region finds out.
  let isWriting = true
  const written: string[] = []
  const writing = clients.map(async (client, node) => {
    for (let count = 0; isWriting; count += 1) {
      const name = `after-${node}-${count}`
      await createUser(client, name).then(
        () => written.push(name),
        () => undefined,
      )
    }
  })
  await primary.kill()
  await standby.promote()
  const older = await eventually(
    () => described(primaryRegion),
    ({ OlderThan }) => OlderThan !== undefined,
    30_000,
  )
  isWriting = false
  await Promise.all(writing)
  expect(older).toMatchObject({
    Role: 'PRIMARY',
    OlderThan: { RegionName: secondaryRegion },
    TakesWrites: false,
  })
  expect(older.Position).toBeLessThan(ahead.Position)

  // What was lost is lost at either node alike, and nothing of it is served from a node's memory.
  for (const client of [one, two])
    for (const name of [...lost, ...written])
      expect([name, await isThere(client, name)]).toEqual([name, false])
  for (const name of ['kept', ...lost]) expect([name, await isThere(west, name)]).toEqual([name, true])
  for (const name of [primaryRegion, secondaryRegion])
    expect((await signIn(regions, name, pool)).accessToken).toContain('.')

  await region
    .operatorAt(secondaryRegion)
    .call('PromoteUserPoolReplica', { UserPoolId: pool.poolId, Force: true })
  await eventually(
    () => Promise.all([described(primaryRegion), described(secondaryRegion)]),
    ([here, there]) => here.Role === 'SECONDARY' && here.Digest !== undefined && here.Digest === there.Digest,
  )
  for (const name of ['kept', ...lost])
    for (const client of [one, two, west]) expect([name, await isThere(client, name)]).toEqual([name, true])
  await createUser(west, 'after')
  for (const client of [one, two])
    await eventually(
      () => isThere(client, 'after'),
      (is) => is,
    )
}, 60_000)
