// A Region of two nodes over a database with a synchronous standby: the machine of the database's primary is gone, and the standby is promoted.
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/regions.ts'
import { primaryRegion, secondaryRegion, signIn } from '../support/replicated-pool.ts'
import { type StandbyRegion, startStandbyRegion } from '../support/standby-region.ts'

let region: StandbyRegion
beforeAll(async () => {
  region = await startStandbyRegion({ isSynchronous: true })
}, 60_000)
afterAll(() => region?.close())

/** How far each Region is and what it then holds; nothing alike while the lead node changes. */
const standings = (): Promise<readonly string[]> =>
  Promise.all([primaryRegion, secondaryRegion].map(region.describeAt)).then(
    (both) => both.map(({ Position, Digest }) => `${Position} ${Digest}`),
    (error: Error) => [error.name],
  )

test('both nodes go on within seconds, nothing acknowledged is lost at either Region, one node leads and replication goes on', async () => {
  const { primary, standby, regions, clients, pool, createUser, isThere } = region
  const acknowledged: readonly [string[], string[]] = [[], []]
  let isWriting = true
  const writing = clients.flatMap((client, node) =>
    [0, 1, 2].map(async (writer) => {
      for (let count = 0; isWriting; count += 1) {
        const name = `node-${node}-${writer}-${count}`
        // What was answered counts.
        const isAnswered = await createUser(client, name).then(
          () => true,
          (error: Error) => {
            expect(error.name).toBe('InternalErrorException')
            return false
          },
        )
        if (isAnswered) acknowledged[node]?.push(name)
      }
    }),
  )
  const grown = (by: number): Promise<unknown> => {
    const before = acknowledged.map((names) => names.length)
    return eventually(
      async () => acknowledged.map((names, node) => names.length - (before[node] ?? 0)),
      (growths) => growths.every((growth) => growth > by),
    )
  }
  await grown(20)
  await primary.kill()
  const killedAtMs = Date.now()
  await standby.promote()
  await grown(0)
  expect(Date.now() - killedAtMs).toBeLessThan(10_000)
  await grown(20)
  isWriting = false
  await Promise.all(writing)

  // What only one node of the Region may do works again, and only one holds the lock.
  await eventually(standings, ([here, there]) => here === there)
  const database = new Client({ connectionString: standby.urlOf('test_1') })
  await database.connect()
  const { rows } = await eventually(
    () =>
      database.query(
        `SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
         WHERE locktype = 'advisory' AND granted AND datname = current_database()`,
      ),
    (found) => found.rows.length > 0,
  )
  await database.end()
  expect(rows).toHaveLength(1)

  const [one] = clients
  const secondary = regions.cognito(secondaryRegion)
  for (const name of acknowledged.flat()) {
    expect([name, await isThere(one, name)]).toEqual([name, true])
    expect([name, await isThere(secondary, name)]).toEqual([name, true])
  }
  for (const name of [primaryRegion, secondaryRegion])
    expect((await signIn(regions, name, pool)).accessToken).toContain('.')
})
