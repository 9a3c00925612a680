// Some dozens of kills under load; `npm run crash -- --rounds 10000` does as many as one likes.
import { expect, test } from 'vitest'
import { crashRun } from './crash-run.ts'

test('two dozen rounds of SIGKILL to either Region or both lose nothing that was acknowledged, and leave the secondary a prefix', async () => {
  const seed = Math.floor(Math.random() * 4_294_967_296)
  const { kills, acknowledged } = await crashRun({ rounds: 24, seed })
  expect(kills).toBeGreaterThanOrEqual(26)
  expect(acknowledged).toBeGreaterThan(150)
}, 300_000)
