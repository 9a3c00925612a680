// Replication between two Regions on one machine: how long a write takes to be readable at the secondary at several rates, and how fast a pool is copied.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  AdminCreateUserCommand,
  CreateGroupCommand,
  CreateUserPoolReplicaCommand,
  GetGroupCommand,
  UpdateGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  makeMultiRegionKey,
  makePool,
  makeReplicatedPool,
  statusOf,
} from '../test/support/replicated-pool.ts'
import { load, percentile, startDeployment } from './deployment.ts'

/** Writes a second; the last is as fast as so many writers go that each wait for their last write. */
const rates = [100, 500, 1_000, Number.POSITIVE_INFINITY] as const
const secondsPerRate = 8
const groupCount = 64
const copiedUsers = Number(process.env.BENCH_USERS ?? 5_000)

const deployment = await startDeployment()
const primary = deployment.cognito('us-east-1')
const secondary = deployment.cognito('us-west-2')
const pool = await makeReplicatedPool(deployment)
const UserPoolId = pool.poolId
for (let index = 0; index < groupCount; index++)
  await primary.send(new CreateGroupCommand({ UserPoolId, GroupName: `g${index}` }))
await primary.send(new CreateGroupCommand({ UserPoolId, GroupName: 'sampled' }))

/** From the acknowledgement at the primary until a read at the secondary shows it: the read's own time is part of it. */
const sampleLag = async (value: string): Promise<number> => {
  await primary.send(new UpdateGroupCommand({ UserPoolId, GroupName: 'sampled', Description: value }))
  const acknowledgedAtMs = performance.now()
  for (;;) {
    const read = await secondary
      .send(new GetGroupCommand({ UserPoolId, GroupName: 'sampled' }))
      .catch(() => undefined)
    if (read?.Group?.Description === value) return performance.now() - acknowledgedAtMs
  }
}

/** What the disk can do at all: a page and a flush, again and again. */
const flushesPerSecond = (): number => {
  const file = openSync(join(deployment.dataFolder, 'flushes'), 'w')
  const page = Buffer.alloc(4_096, 1)
  const beganAtMs = performance.now()
  let count = 0
  for (; performance.now() - beganAtMs < 500; count += 1) {
    writeSync(file, page)
    fsyncSync(file)
  }
  closeSync(file)
  return count / ((performance.now() - beganAtMs) / 1_000)
}

for (const rate of rates) {
  let isRunning = true
  let written = 0
  const startedAtMs = performance.now()
  const writing = Promise.all(
    Array.from({ length: groupCount }, async (_, index) => {
      for (let turn = 0; isRunning; turn++) {
        const dueAtMs = startedAtMs + ((turn * groupCount + index) * 1_000) / rate
        const waitMs = dueAtMs - performance.now()
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
        await primary.send(
          new UpdateGroupCommand({ UserPoolId, GroupName: `g${index}`, Description: `${turn}` }),
        )
        written += 1
      }
    }),
  )
  const lags: number[] = []
  for (let turn = 0; performance.now() - startedAtMs < secondsPerRate * 1_000; turn++)
    lags.push(await sampleLag(`${rate}-${turn}`))
  const achieved = written / ((performance.now() - startedAtMs) / 1_000)
  isRunning = false
  await writing
  console.log(
    `${Number.isFinite(rate) ? `${rate} writes/s asked` : `${groupCount} writers without a pause`}, ${Math.round(achieved)}/s achieved: lag p50 ${percentile(lags, 0.5).toFixed(1)} ms, p99 ${percentile(lags, 0.99).toFixed(1)} ms, p99.9 ${percentile(lags, 0.999).toFixed(1)} ms (${lags.length} samples); the disk flushes ${Math.round(flushesPerSecond())} times a second, one after the other`,
  )
}

const poolId = await makePool(deployment, await makeMultiRegionKey(deployment))
let made = 0
const creation = await load(
  32,
  600,
  async () => {
    const index = made++
    if (index >= copiedUsers) return
    await primary.send(
      new AdminCreateUserCommand({
        UserPoolId: poolId,
        Username: `person-${index}`,
        MessageAction: 'SUPPRESS',
        UserAttributes: [{ Name: 'email', Value: `person-${index}@example.com` }],
      }),
    )
  },
  () => made >= copiedUsers,
)
console.log(`${copiedUsers} users created with temporary passwords: ${Math.round(creation.perSecond)}/s`)
const copyStartedAtMs = performance.now()
await primary.send(new CreateUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: 'us-west-2' }))
while ((await statusOf(deployment, poolId, 'us-east-1', 'us-west-2')) !== 'INACTIVE') {
  // Asking is the pause.
}
const copySeconds = (performance.now() - copyStartedAtMs) / 1_000
console.log(
  `copy of ${copiedUsers} users: ${Math.round(copiedUsers / copySeconds)} users/s, set-up of the replica included`,
)
await deployment.close()
