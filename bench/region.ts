// A Region's start-up time and memory, idle and with users, and what ListUsers costs in a small and in a larger pool.
import { AdminCreateUserCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { makePool } from '../test/support/replicated-pool.ts'
import { load, percentile, startDeployment } from './deployment.ts'

const region = 'us-east-1'
const sizes = [1_000, Number(process.env['BENCH_USERS'] ?? 5_000)] as const
const repetitions = 300

const deployment = await startDeployment()
const client = deployment.cognito(region)
console.log(`two Regions and the router start in ${Math.round(deployment.startedInMs)} ms`)
console.log(`resident memory of an idle Region: ${Math.round(deployment.residentMiB(region))} MiB`)

/** p50 and p99 in ms of a ListUsers with this filter. */
const timesOf = async (UserPoolId: string, Filter: string): Promise<readonly [number, number]> => {
  const times: number[] = []
  for (let turn = 0; turn < repetitions; turn++) {
    const beganAtMs = performance.now()
    const { Users } = await client.send(new ListUsersCommand({ UserPoolId, Filter, Limit: 10 }))
    if (Users === undefined || Users.length === 0) throw new Error(`nobody was found by ${Filter}`)
    times.push(performance.now() - beganAtMs)
  }
  return [percentile(times, 0.5), percentile(times, 0.99)]
}

const filters = { equality: 'email = "person-77@example.com"', prefix: 'email ^= "person-77"' }
const p50s: Record<string, number[]> = { equality: [], prefix: [] }
for (const size of sizes) {
  const poolId = await makePool(deployment, undefined)
  let made = 0
  await load(
    32,
    600,
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
  for (const [name, filter] of Object.entries(filters)) {
    const [p50, p99] = await timesOf(poolId, filter)
    p50s[name]?.push(p50)
    console.log(
      `ListUsers by ${name} among ${size} users: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
    )
  }
}
for (const [name, [small = Number.NaN, large = Number.NaN]] of Object.entries(p50s))
  console.log(
    `ListUsers by ${name}: ${(large / small).toFixed(2)} x at ${sizes[1] / sizes[0]} times the users`,
  )
console.log(
  `resident memory with ${sizes[0] + sizes[1]} users: ${Math.round(deployment.residentMiB(region))} MiB`,
)
await deployment.close()
