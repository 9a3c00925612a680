// Random runs of a whole deployment in which everything fails that can. A failing run names its seed; the same seed gives the same run.
import { expect, test } from 'vitest'
import { simulate } from './simulation/simulate.ts'

const seedsPerTest = 50
/** Seeds of a number per test, so that no test takes long. */
const parts = [0, 1, 2, 3]

/** What must happen in so many runs, or they show little. */
const seldomest: Readonly<Record<string, number>> = {
  copy: 100,
  applied: 1_000,
  takeover: 40,
  promoted: 40,
  revoked: 50,
  created: 20,
  deleted: 10,
  trimmed: 20,
  failed: 500,
}

const seen = new Map<string, number>()

test.each(parts)(
  'whatever fails, the invariants hold at every step and all Regions are equal in the end (%i)',
  async (part) => {
    for (let seed = 1 + part * seedsPerTest; seed <= (part + 1) * seedsPerTest; seed += 1)
      for (const [kind, count] of (await simulate(seed)).counts) seen.set(kind, (seen.get(kind) ?? 0) + count)
  },
)

test('these runs have seen copies, takeovers, deletions and failures in plenty', () => {
  for (const [kind, least] of Object.entries(seldomest))
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThanOrEqual(least)
})

test('one seed gives the same run twice', async () => {
  for (const seed of [7, 8, 9]) expect((await simulate(seed)).hash).toBe((await simulate(seed)).hash)
  expect((await simulate(8)).hash).not.toBe((await simulate(9)).hash)
})

test('a run that fails names its seed and the command that replays it', async () => {
  const losing = simulate(4, {
    mutation: { transport: (transport) => ({ ...transport, call: async () => ({}) }) },
  })
  await expect(losing).rejects.toThrow(/^seed 4: [\s\S]*npm run simulate -- --from 4 --seeds 1 --trace/)
})
