// A Region's start-up time and memory, idle and with users, and what ListUsers costs in a small and in a larger pool.
import { AdminCreateUserCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { makePool } from '../test/support/replicated-pool.ts'
import { load, percentile, startDeployment } from './deployment.ts'

const region = 'us-east-1'
const sizes = [1_000, Number(process.env.BENCH_USERS ?? 5_000)] as const
const repetitions = 200
const rounds = 6

const deployment = await startDeployment()
const client = deployment.cognito(region)
console.log(`two Regions and the router start in ${Math.round(deployment.startedInMs)} ms`)
console.log(`resident memory of an idle Region: ${Math.round(deployment.residentMiB(region))} MiB`)

const filters = { equality: 'email = "person-77@example.com"', prefix: 'email ^= "person-77"' } as const

const makePoolOf = async (size: number): Promise<string> => {
  const poolId = await makePool(deployment, undefined)
  let made = 0
  const { perSecond } = await load(
    32,
    3_600,
    async () => {
      const index = made++
      if (index >= size) return
      await client.send(
        new AdminCreateUserCommand({
          UserPoolId: poolId,
          Username: `person-${index}`,
          MessageAction: 'SUPPRESS',
          UserAttributes: [{ Name: 'email', Value: `person-${index}@example.com` }],
        }),
      )
    },
    () => made >= size,
  )
  console.log(`${size} users created: ${Math.round(perSecond)}/s`)
  return poolId
}

const pools: { readonly size: number; readonly poolId: string }[] = []
for (const size of sizes) pools.push({ size, poolId: await makePoolOf(size) })
console.log(
  `resident memory with ${sizes[0] + sizes[1]} users: ${Math.round(deployment.residentMiB(region))} MiB`,
)

/** Both pools in turn, round by round: what else the machine does then weighs on both alike. */
for (const [name, Filter] of Object.entries(filters)) {
  const measured = pools.map((pool) => ({ ...pool, times: [] as number[], cpuSeconds: 0 }))
  for (let round = 0; round < rounds; round++)
    for (const pool of measured) {
      const cpuBefore = deployment.cpuSeconds(region)
      for (let turn = 0; turn < repetitions; turn++) {
        const beganAtMs = performance.now()
        const { Users } = await client.send(
          new ListUsersCommand({ UserPoolId: pool.poolId, Filter, Limit: 10 }),
        )
        if (Users === undefined || Users.length === 0) throw new Error(`nobody was found by ${Filter}`)
        pool.times.push(performance.now() - beganAtMs)
      }
      pool.cpuSeconds += deployment.cpuSeconds(region) - cpuBefore
    }
  const each = ({ cpuSeconds }: { readonly cpuSeconds: number }): number =>
    (cpuSeconds * 1_000) / (rounds * repetitions)
  for (const pool of measured)
    console.log(
      `ListUsers by ${name} among ${pool.size} users: p50 ${percentile(pool.times, 0.5).toFixed(2)} ms, p99 ${percentile(pool.times, 0.99).toFixed(2)} ms, server CPU ${each(pool).toFixed(2)} ms`,
    )
  const [small, large] = measured
  if (small !== undefined && large !== undefined)
    console.log(
      `ListUsers by ${name} at ${large.size / small.size} times the users: ${(percentile(large.times, 0.5) / percentile(small.times, 0.5)).toFixed(2)} x the time, ${(large.cpuSeconds / small.cpuSeconds).toFixed(2)} x the CPU`,
    )
}
await deployment.close()
