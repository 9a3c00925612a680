// Random runs of a whole deployment in which everything fails that can. A failing run names its seed; the same seed gives the same run.
import { expect, test } from 'vitest'
import { simulate } from './simulation/simulate.ts'

const seeds = 250

test('whatever fails, the invariants of replication hold at every step and all Regions are equal in the end', async () => {
  for (let seed = 1; seed <= seeds; seed += 1) await simulate(seed)
})

test('one seed gives the same run twice', async () => {
  for (const seed of [7, 8, 9]) expect((await simulate(seed)).hash).toBe((await simulate(seed)).hash)
  expect((await simulate(8)).hash).not.toBe((await simulate(9)).hash)
})
