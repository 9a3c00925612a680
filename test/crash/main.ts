// `npm run crash -- --rounds 10000 [--seed 7] [--failover]`: the crash tests for as long as one likes. Exit code 1 and the seed when something was lost.
import { parseArgs } from 'node:util'
import { crashRun } from './crash-run.ts'
import { failoverRun } from './failover-run.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    failover: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seed = Number(values.seed ?? Math.floor(Math.random() * 4_294_967_296))
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed))
  throw new RangeError('usage: --rounds <number from 1> --seed <number> [--failover]')
console.log(`seed ${seed}, ${rounds} rounds`)
const run = { rounds, seed, say: console.log }
if (values.failover) {
  const { acknowledged, inDoubt, takeovers, setAside } = await failoverRun(run)
  console.log(
    `nothing lost: ${acknowledged} writes acknowledged, ${inDoubt} users in doubt, ${takeovers} epochs, ${setAside} writes set aside`,
  )
} else {
  const { acknowledged, inDoubt, kills, behindAtTheEnd } = await crashRun(run)
  console.log(
    `nothing lost: ${acknowledged} writes acknowledged, ${inDoubt} users in doubt, ${kills} kills; the secondary was ${behindAtTheEnd} positions behind when all was killed at once`,
  )
}
