// Random runs with crashes, partitions, delays, trimmed logs and closed keys. A failing run names its seed; the same seed gives the same run.
import { expect, test } from 'vitest'
import { otherRegion, primaryRegion, thirdRegion } from './support/deployment.ts'
import { simulate } from './support/simulation.ts'

const seeds = Number(process.env.SIMULATION_SEEDS ?? '50')
const firstSeed = Number(process.env.SIMULATION_FIRST_SEED ?? '1')

test('in any run a secondary holds a prefix of its primary, and when all is well again all Regions are equal', async () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1)
    await simulate(seed, {
      regions: seed % 2 === 0 ? [primaryRegion, otherRegion] : [primaryRegion, otherRegion, thirdRegion],
      steps: 60,
    })
})

test('one seed gives the same run twice', async () => {
  const options = { regions: [primaryRegion, otherRegion, thirdRegion], steps: 60 }
  const [one, again, other] = [
    await simulate(7, options),
    await simulate(7, options),
    await simulate(8, options),
  ]
  expect(again.trace).toEqual(one.trace)
  expect(other.trace).not.toEqual(one.trace)
})
