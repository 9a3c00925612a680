// No Region waits without end for one that is silent: it can end its replication, which is what lets it lead again, and it asks around in bounded time.
import { afterEach, expect, test } from 'vitest'
import { registeredPools } from '../../src/directory/records/user-pool.ts'
import { createEndingTransport } from '../../src/replication/ending-transport.ts'
import {
  createDeployment,
  type Deployment,
  otherRegion,
  poolId,
  primaryRegion,
} from './support/deployment.ts'
import { waitUntil } from './support/wait-until.ts'

const tenMinutesMs = 600_000
const endings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

const start = async (): Promise<{ deployment: Deployment; fallSilent: () => void }> => {
  let delayMs = 0
  const deployment = await createDeployment({
    regions: [primaryRegion, otherRegion],
    delayMs: () => delayMs,
  })
  endings.push(() => deployment.close())
  await deployment.makePool()
  await deployment.makeReplica(otherRegion)
  return {
    deployment,
    fallSilent: () => {
      delayMs = tenMinutesMs
    },
  }
}

test.each([
  ['secondary', otherRegion, 'set-status', 'report'],
  ['primary', primaryRegion, 'delete', 'replica-delete'],
] as const)(
  'the %s of a Region that takes calls and answers none ends at once',
  async (_, here, what, waits) => {
    const { deployment, fallSilent } = await start()
    fallSilent()
    const before = deployment.network.callCount(waits)
    if (what === 'delete')
      await deployment.region(primaryRegion).call('DeleteUserPoolReplica', {
        UserPoolId: poolId,
        RegionName: otherRegion,
      })
    else
      await deployment.region(otherRegion).call('UpdateUserPoolReplica', {
        UserPoolId: poolId,
        RegionName: otherRegion,
        Status: 'ACTIVE',
      })
    await waitUntil(`${waits} is waited for`, () => deployment.network.callCount(waits) > before)
    const startedAtMs = performance.now()
    await deployment.region(here).replication.close()
    expect(performance.now() - startedAtMs).toBeLessThan(2_000)
  },
  10_000,
)

test('calls under way and later ones are refused once replication has ended, answers that came before are kept', async () => {
  const asked = Promise.withResolvers<unknown>()
  const { transport, end } = createEndingTransport({
    call: (_region, name) => (name === 'answered' ? Promise.resolve('an answer') : asked.promise),
    stream: async function* () {},
  })
  expect(await transport.call(otherRegion, 'answered', {})).toBe('an answer')
  const waiting = transport.call(otherRegion, 'asked', {})
  end()
  for (const call of [waiting, transport.call(otherRegion, 'answered', {})])
    await expect(call).rejects.toMatchObject({ name: 'PeerFailure', code: 'Interrupted' })
  asked.resolve('too late')
})

test('a Region that answers for none of many pools is not asked about all of them before this one serves', async () => {
  const { deployment } = await start()
  const { vault, replication } = deployment.region(primaryRegion)
  for (let count = 0; count < 200; count += 1)
    await vault.region.commit((changes) =>
      changes.create(registeredPools, {
        poolId: `us-east-1_Silent${String(count).padStart(3, '0')}`,
        name: 'pool',
        createdAtMs: 1,
        modifiedAtMs: 1,
        role: 'PRIMARY',
        status: 'ACTIVE',
        statusAtMs: 1,
        primaryRegion,
        replicaRegions: [otherRegion],
      }),
    )
  const asked = async (): Promise<number> => {
    const before = deployment.network.callCount('claim')
    await replication.askAround()
    return deployment.network.callCount('claim') - before
  }
  expect(await asked()).toBe(201)
  deployment.network.cut(primaryRegion, otherRegion)
  expect(await asked()).toBe(64)
})
