// Some dozens of kills under load; `npm run crash -- --rounds 10000` does as many as one likes.
import { expect, test } from 'vitest'
import { crashRun } from './crash-run.ts'
import { failoverRun } from './failover-run.ts'

const newSeed = (): number => Math.floor(Math.random() * 4_294_967_296)

test('two dozen rounds of SIGKILL to either Region or both lose nothing that was acknowledged, and leave the secondary a prefix', async () => {
  const { kills, acknowledged } = await crashRun({ rounds: 24, seed: newSeed() })
  expect(kills).toBeGreaterThanOrEqual(26)
  expect(acknowledged).toBeGreaterThan(150)
}, 300_000)

test('a dozen failovers with Regions killed in the middle lose nothing that was acknowledged in synchronous mode', async () => {
  const { acknowledged, takeovers } = await failoverRun({ rounds: 12, seed: newSeed() })
  expect(acknowledged).toBeGreaterThan(60)
  expect(takeovers).toBeGreaterThan(0)
}, 300_000)
