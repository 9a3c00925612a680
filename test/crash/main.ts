// `npm run crash -- --rounds 10000 [--seed 7]`: the crash test for as long as one likes. Exit code 1 and the seed when something was lost.
import { parseArgs } from 'node:util'
import { crashRun } from './crash-run.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1000' }, seed: { type: 'string' } },
})
const rounds = Number(values.rounds)
const seed = Number(values.seed ?? Math.floor(Math.random() * 4_294_967_296))
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed))
  throw new RangeError('usage: --rounds <number from 1> --seed <number>')
console.log(`seed ${seed}, ${rounds} rounds`)
const result = await crashRun({ rounds, seed, say: console.log })
console.log(
  `nothing lost: ${result.acknowledged} writes acknowledged, ${result.inDoubt} users in doubt, ${result.kills} kills; the secondary was ${result.behindAtTheEnd} positions behind when all was killed at once`,
)
