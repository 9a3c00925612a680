// Nothing of a user, client or secret is readable in the store's files, between the Regions, or in the logs.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRegions, type TestRegions } from '../support/regions.ts'
import { machineToken, makeReplicatedPool, type ReplicatedPool, signIn } from '../support/replicated-pool.ts'

let regions: TestRegions
let pool: ReplicatedPool
let readable: readonly string[]
beforeAll(async () => {
  regions = await startRegions()
  pool = await makeReplicatedPool(regions)
  const tokens = await signIn(regions, 'us-west-2', pool)
  const machine = await machineToken(regions, 'us-west-2', pool.machine)
  readable = [
    pool.user.name,
    pool.user.password,
    'quarry.example',
    '5550109876',
    'Quarrymaster',
    'stonecutters',
    'those who cut',
    pool.machine.secret,
    pool.appClientId,
    pool.machine.clientId,
    'a pool of the test',
    tokens.accessToken,
    tokens.idToken,
    tokens.refreshToken,
    machine.accessToken ?? '',
    regions.credentials.secretAccessKey,
  ]
})
afterAll(() => regions.close())

const filesIn = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesIn(path) : [path]
  })

test('no file of either Region holds anything readable of it', () => {
  for (const region of ['us-east-1', 'us-west-2']) {
    const bytes = Buffer.concat(filesIn(join(regions.folder, region)).map((file) => readFileSync(file)))
    // The pool is there.
    expect(bytes.includes(pool.poolId)).toBe(true)
    for (const text of readable) {
      expect(text.length).toBeGreaterThan(5)
      expect(bytes.includes(text), `${text} in the files of ${region}`).toBe(false)
    }
  }
})

test('files are for their owner only', () => {
  for (const file of filesIn(regions.folder)) expect(statSync(file).mode & 0o077, file).toBe(0)
})
