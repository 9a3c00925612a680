// `twinpool promote`, `replicas --pool` and `set-aside`, as an operator types them, against a running deployment.
import { rmSync } from 'node:fs'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeReplicatedPool, type ReplicatedPool } from '../support/replicated-pool.ts'
import { type Command, newFolder, runCommand } from './support/command.ts'

const folder = newFolder()
const credentials = {
  accessKeyId: 'AKIDPROMOTEOPERATOR1',
  secretAccessKey: 'promoted/promoted/promoted/promoted/1234',
}
let deployment: Command
let pool: ReplicatedPool

beforeAll(async () => {
  deployment = runCommand(
    'start',
    '--json',
    '--data',
    folder,
    '--port',
    '0',
    '--access-key',
    `${credentials.accessKeyId}:${credentials.secretAccessKey}`,
  )
  const { regions } = JSON.parse(await deployment.firstLine()) as { regions: Record<string, string> }
  pool = await makeReplicatedPool({
    origins: regions,
    cognito: (region) =>
      new CognitoIdentityProviderClient({ region, endpoint: regions[region], credentials }),
    kms: (region) => new KMSClient({ region, endpoint: regions[region], credentials }),
  })
})
afterAll(async () => {
  deployment.child.kill('SIGTERM')
  await deployment.ended
  rmSync(folder, { recursive: true })
})

const run = (...words: readonly string[]) => runCommand(...words, '--data', folder).ended

test('promote prints the takeover, and replicas says who is primary in every Region', async () => {
  const promoted = await run('promote', '--pool', pool.poolId, '--region', 'us-west-2')
  expect(promoted.errors).toBe('')
  expect(JSON.parse(promoted.output)).toMatchObject({
    Takeover: { RegionName: 'us-west-2', Epoch: 1, Forced: false },
  })
  const { output } = await run('replicas', '--pool', pool.poolId)
  expect(JSON.parse(output)).toMatchObject({
    'us-east-1': { Replication: { PrimaryRegion: 'us-west-2', TakesWrites: false } },
    'us-west-2': { Replication: { PrimaryRegion: 'us-west-2', TakesWrites: true } },
  })
})

test('nothing was set aside', async () => {
  const where = ['--pool', pool.poolId, '--region', 'us-east-1'] as const
  expect(await run('set-aside', 'list', ...where)).toMatchObject({ exitCode: 0, output: '' })
  expect((await run('set-aside', 'reapply', ...where)).output).toMatch(/"AppliedCount": 0/)
  expect((await run('set-aside', 'discard', ...where)).output).toMatch(/"DiscardedCount":0/)
})

test('verify finds two Regions equal, and tells of a Region that has no replica', async () => {
  const regions = ['--region', 'us-west-2', '--with', 'us-east-1'] as const
  const verified = await run('verify', '--pool', pool.poolId, ...regions)
  expect(verified.errors).toBe('')
  expect(JSON.parse(verified.output)).toMatchObject({ equal: expect.any(Number) })
  expect((JSON.parse(verified.output) as { equal: number }).equal).toBeGreaterThan(10)
  expect(
    await run('verify', '--pool', pool.poolId, '--region', 'us-west-2', '--with', 'eu-west-1'),
  ).toMatchObject({ exitCode: 1, errors: expect.stringContaining('eu-west-1') })
})

test('writes can be made to wait for a replica, and not to', async () => {
  const where = ['--pool', pool.poolId, '--region', 'us-west-2'] as const
  const synchronous = await run('acknowledgement', ...where, '--mode', 'synchronous')
  expect(synchronous.errors).toBe('')
  expect(JSON.parse(synchronous.output)).toEqual({
    Acknowledgement: { Mode: 'SYNCHRONOUS', WhenNoneAnswers: 'REFUSE' },
  })
  const going = await run(
    'acknowledgement',
    ...where,
    '--mode',
    'synchronous',
    '--when-none-answers',
    'continue',
  )
  expect(JSON.parse(going.output)).toEqual({
    Acknowledgement: { Mode: 'SYNCHRONOUS', WhenNoneAnswers: 'CONTINUE' },
  })
  const { output } = await run('acknowledgement', ...where, '--mode', 'asynchronous')
  expect(JSON.parse(output)).toEqual({ Acknowledgement: { Mode: 'ASYNCHRONOUS' } })
  expect(await run('acknowledgement', ...where, '--mode', 'sometimes')).toMatchObject({ exitCode: 2 })
})

test('a pool that is not there, and a Region that is none, are told in one line', async () => {
  expect(await run('promote', '--pool', 'us-east-1_Nowhere12', '--region', 'us-west-2')).toMatchObject({
    exitCode: 1,
    output: '',
    errors: expect.stringMatching(/^[^\n]*us-east-1_Nowhere12 does not exist\.\n$/),
  })
  expect(await run('promote', '--pool', pool.poolId, '--region', 'eu-north-1')).toMatchObject({ exitCode: 2 })
  expect(await run('replicas', '--pool', 'us-east-1_Nowhere12')).toMatchObject({
    exitCode: 1,
    output: '',
    errors: expect.stringMatching(/^[^\n]*us-east-1_Nowhere12 does not exist\.\n$/),
  })
})

test('promote by force takes --discard-ahead, as the guide and its help write it', async () => {
  const forced = ['promote', '--pool', pool.poolId, '--region', 'us-east-1', '--force', '--discard-ahead']
  expect(await run(...forced)).toMatchObject({ exitCode: 0, errors: '' })
  const { output } = await runCommand('promote', '--help').ended
  expect(output).toContain('--discard-ahead')
})
