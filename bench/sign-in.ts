// client_credentials tokens, SRP and password sign-ins at one Region, beside the signatures and exponentiations that they are made of.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { makeReplicatedPool } from '../test/support/replicated-pool.ts'
import { type CryptographyCosts, measureCryptography } from './cryptography.ts'
import { startDeployment } from './deployment.ts'
import type { LoadKind, LoadOrder, LoadResult } from './sign-in-load.ts'

const seconds = 2
const roundCount = 5
const idleSeconds = 3
/** So often a request has been answered before what is hot in it is compiled for good, and V8's threads come to rest. */
const warmUpCount = 6_000
const warmUpSecondsMax = 60
const coreCount = 2

type Measured = {
  readonly kind: LoadKind
  readonly name: string
  readonly callers: number
  readonly cryptography: (costs: CryptographyCosts) => number
}

const measured: readonly Measured[] = [
  {
    kind: 'client_credentials',
    name: 'client_credentials',
    callers: 16,
    cryptography: ({ signature }) => signature,
  },
  {
    kind: 'password',
    name: 'password sign-in',
    callers: 16,
    cryptography: (costs) => costs.secretPower + 2 * costs.signature,
  },
  {
    kind: 'srp',
    name: 'SRP sign-in',
    callers: 16,
    cryptography: (costs) => 2 * costs.secretPower + costs.publicPower + 2 * costs.signature,
  },
]

const loader = fork(fileURLToPath(new URL('./sign-in-load.ts', import.meta.url)), { execArgv: [] })
const order = async (given: LoadOrder): Promise<unknown> => {
  loader.send(given)
  const [{ result, error }] = (await once(loader, 'message')) as [{ result?: unknown; error?: string }]
  if (error !== undefined) throw new Error(error)
  return result
}

/** On every core at a time, as the Region's own work will be. */
const cryptographyCosts = async (): Promise<CryptographyCosts> => {
  const other = order({ kind: 'cryptography' }) as Promise<CryptographyCosts>
  await new Promise((resolve) => setImmediate(resolve))
  const own = measureCryptography()
  const others = await other
  return {
    signature: (own.signature + others.signature) / 2,
    secretPower: (own.secretPower + others.secretPower) / 2,
    publicPower: (own.publicPower + others.publicPower) / 2,
  }
}

const region = 'us-east-1'
const deployment = await startDeployment()
const pool = await makeReplicatedPool(deployment)
await order({ plan: { ...pool, origin: deployment.origins[region] ?? '' } })

/** What the Region uses without any load (feeds, probes, timers), in cores. */
const idleCores = async (): Promise<number> => {
  const before = deployment.cpuSeconds(region)
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1_000))
  return (deployment.cpuSeconds(region) - before) / idleSeconds
}
const idle = await idleCores()
console.log(`an idle Region uses ${(idle * 100).toFixed(1)} % of a core, which is taken out of what follows`)

type Round = {
  readonly each: number
  readonly own: number
  readonly perSecond: number
  readonly ownCores: number
}

/** One stretch of load between two measurements of what the cryptography costs just then: other work on the machine changes that. */
const round = async ({ kind, callers, cryptography }: Measured): Promise<Round> => {
  const costsBefore = await cryptographyCosts()
  const serverBefore = deployment.cpuSeconds(region)
  const { count, perSecond, ownCores } = (await order({ kind, callers, seconds })) as LoadResult
  const serverSeconds = deployment.cpuSeconds(region) - serverBefore - idle * (count / perSecond)
  const costsAfter = await cryptographyCosts()
  const own = (cryptography(costsBefore) + cryptography(costsAfter)) / 2
  return { each: serverSeconds / count, own, perSecond, ownCores }
}

const warmUp = async ({ kind, callers }: Measured): Promise<void> => {
  let count = 0
  for (let elapsed = 0; count < warmUpCount && elapsed < warmUpSecondsMax; elapsed += seconds)
    count += ((await order({ kind, callers, seconds })) as LoadResult).count
}

for (const one of measured) {
  await warmUp(one)
  const rounds: Round[] = []
  for (let turn = 0; turn < roundCount; turn++) rounds.push(await round(one))
  const byRatio = rounds.toSorted((left, right) => left.each / left.own - right.each / right.own)
  const median = byRatio[Math.floor(roundCount / 2)]
  if (median === undefined) throw new RangeError('there is at least one round')
  const { each, own, perSecond, ownCores } = median
  const ratios = byRatio.map((given) => (given.each / given.own).toFixed(2))
  const limit = (coreCount - ownCores) / own
  console.log(
    `${one.name}: server CPU ${(each * 1e3).toFixed(2)} ms each = ${(each / own).toFixed(2)} x its cryptography (${(own * 1e3).toFixed(2)} ms; ` +
      `${roundCount} rounds: ${ratios.join(' ')}), so the cores would give ${Math.round((own / each) * 100)} % of what it allows; ` +
      `${Math.round(perSecond)}/s here, ${Math.round((perSecond / limit) * 100)} % of it with the load generator's ${ownCores.toFixed(2)} cores taken out`,
  )
}

loader.disconnect()
await deployment.close()
