// Bugs in replication's pure rules, planted by putting another module in the place of the rule: the simulation must find them.
import { afterEach, expect, test, vi } from 'vitest'
import type { Takeover } from '../../src/directory/records/user-pool.ts'
import type * as StatusRegisterRules from '../../src/replication/status-register.ts'
import type { StatusRegister } from '../../src/replication/status-register.ts'
import { finding } from './simulation/mutations.ts'

const unplant = (): void => {
  vi.doUnmock('../../src/replication/status-register.ts')
  vi.doUnmock('../../src/replication/reign.ts')
  vi.resetModules()
}
afterEach(unplant)

/** The simulation over modules that are loaded anew, with the changed rule among them. */
const find = async (within: number, without: readonly string[] = []): Promise<string> => {
  vi.resetModules()
  const { simulate } = await import('./simulation/simulate.ts')
  const { seed, what } = await finding((seed) => simulate(seed, { without }), within)
  if (process.env.SHOW_FOUND !== undefined) console.log(`seed ${seed}: ${what}`)
  unplant()
  const { simulate: simulateWithout } = await import('./simulation/simulate.ts')
  // The same run without the bug is well: it was the bug that was found.
  await simulateWithout(seed, { without })
  return what
}

test('when ACTIVE and INACTIVE merge in the order in which they arrive, 60 seeds find it', async () => {
  vi.doMock('../../src/replication/status-register.ts', async (original) => {
    const rules = await original<typeof StatusRegisterRules>()
    const isSwitched = ({ status }: StatusRegister): boolean => status === 'ACTIVE' || status === 'INACTIVE'
    return {
      ...rules,
      mergeStatus: (one: StatusRegister, other: StatusRegister): StatusRegister =>
        isSwitched(one) && isSwitched(other)
          ? { status: other.status, statusAtMs: other.statusAtMs }
          : rules.mergeStatus(one, other),
    }
  })
  expect(await find(60)).toMatch(/I6: .*went back from/)
})

test('when any claim wins over the one that is known, whatever its epoch, 60 seeds find it', async () => {
  vi.doMock('../../src/replication/reign.ts', async (original) => ({
    ...(await original<object>()),
    isLater: (one: readonly Takeover[]) => one.length > 0,
  }))
  expect(await find(60)).toMatch(/I\d+: |it is lost|after the last fault/)
})

test('when a new primary does not say where the histories part, 200 seeds find it', async () => {
  vi.doMock('../../src/replication/reign.ts', async (original) => ({
    ...(await original<object>()),
    partingOf: (_own: readonly Takeover[], claimed: readonly Takeover[]) => claimed.at(-1)?.position,
  }))
  const besidePromotions = [
    'garble',
    'trim',
    'twice',
    'late',
    'slow disk',
    'full disk',
    'broken disk',
    'torn commit',
  ]
  const kinds = [...besidePromotions, 'slow network', 'key closed', 'key service down', 'remove', 'recopy']
  expect(await find(200, kinds)).toMatch(/I\d+: |it is lost/)
})
