// Keys under replication, while traffic runs: what happens to a key of one Region stops the pool there and nowhere else, and loses nothing.
import { join } from 'node:path'
import {
  AdminGetUserCommand,
  AdminUpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  CancelKeyDeletionCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyRecords } from '../../src/keys/key-records.ts'
import { loadRootKey } from '../../src/keys/root-key.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { eventually, poolKeyPolicy, startRegions, type TestRegions } from '../support/regions.ts'
import {
  makeReplicatedPool,
  primaryRegion,
  type ReplicatedPool,
  secondaryRegion,
  signIn,
} from '../support/replicated-pool.ts'

let regions: TestRegions
let pool: ReplicatedPool
let KeyId: string
beforeAll(async () => {
  regions = await startRegions([primaryRegion, secondaryRegion], { dataKeyLifetimeSeconds: 1 })
  pool = await makeReplicatedPool(regions)
  KeyId = pool.keyArn.slice(pool.keyArn.indexOf('/') + 1)
})
afterAll(() => regions.close())

const keyArnIn = (region: string): string => pool.keyArn.replace(primaryRegion, region)
const otherThan = (region: string): string => (region === primaryRegion ? secondaryRegion : primaryRegion)

type Tally = { served: number; refused: number; failures: string[] }
type Traffic = {
  /** What each Region has answered since it was last asked. */
  take(region: string): Tally
  peek(region: string): Tally
  /** Ends the traffic; resolves with the last acknowledged write. */
  end(): Promise<number>
}

let written = 0

/** Sign-ins in both Regions and writes at the primary, each as fast as it is answered. A refusal that names the Region's key is counted. */
const startTraffic = (): Traffic => {
  const fresh = (): Tally => ({ served: 0, refused: 0, failures: [] })
  const tallies = new Map([primaryRegion, secondaryRegion].map((region) => [region, fresh()]))
  const tallyOf = (region: string): Tally => tallies.get(region) ?? fresh()
  let isOver = false
  let acknowledged = written
  const keepDoing = async (region: string, work: () => Promise<unknown>): Promise<void> => {
    while (!isOver) {
      try {
        await work()
        tallyOf(region).served += 1
      } catch (error) {
        const { name, message } = error as Error
        const isRefusal = name === 'InvalidParameterException' && message.includes(keyArnIn(region))
        if (isRefusal) tallyOf(region).refused += 1
        else tallyOf(region).failures.push(`${name}: ${message}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
  const write = async (): Promise<void> => {
    written += 1
    const value = written
    await regions.cognito(primaryRegion).send(
      new AdminUpdateUserAttributesCommand({
        UserPoolId: pool.poolId,
        Username: pool.user.name,
        UserAttributes: [{ Name: 'nickname', Value: String(value) }],
      }),
    )
    acknowledged = value
  }
  const running = [
    keepDoing(primaryRegion, write),
    keepDoing(primaryRegion, () => signIn(regions, primaryRegion, pool)),
    keepDoing(secondaryRegion, () => signIn(regions, secondaryRegion, pool)),
  ]
  return {
    peek: tallyOf,
    take: (region) => {
      const taken = tallyOf(region)
      tallies.set(region, fresh())
      return taken
    },
    end: async () => {
      isOver = true
      await Promise.all(running)
      return acknowledged
    },
  }
}

const nicknameIn = async (region: string): Promise<number> => {
  const { UserAttributes } = await regions
    .cognito(region)
    .send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: pool.user.name }))
  return Number(UserAttributes?.find(({ Name }) => Name === 'nickname')?.Value)
}

/** Every acknowledged write is in both Regions. */
const nothingIsLost = async (acknowledged: number): Promise<void> => {
  const atPrimary = await nicknameIn(primaryRegion)
  expect(atPrimary).toBeGreaterThanOrEqual(acknowledged)
  await eventually(
    () => nicknameIn(secondaryRegion),
    (nickname) => nickname === atPrimary,
  )
}

const outcomeIn = (region: string): Promise<string> =>
  signIn(regions, region, pool).then(
    () => 'served',
    (error: Error) => error.message,
  )
const serves = (region: string) =>
  eventually(
    () => outcomeIn(region),
    (outcome) => outcome === 'served',
  )

const closedPolicy = poolKeyPolicy(['nobody.amazonaws.com'])
const kms = (region: string) => regions.kms(region)
type KeyEvent = {
  readonly name: string
  readonly words: string
  readonly happen: (region: string) => Promise<unknown>
  readonly mend: (region: string) => Promise<unknown>
}
const events: readonly KeyEvent[] = [
  {
    name: 'is disabled',
    words: 'is disabled',
    happen: (region) => kms(region).send(new DisableKeyCommand({ KeyId })),
    mend: (region) => kms(region).send(new EnableKeyCommand({ KeyId })),
  },
  {
    name: 'is scheduled for deletion',
    words: 'is pending',
    happen: (region) => kms(region).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 })),
    mend: async (region) => {
      await kms(region).send(new CancelKeyDeletionCommand({ KeyId }))
      await kms(region).send(new EnableKeyCommand({ KeyId }))
    },
  },
  {
    name: 'closes its policy',
    words: 'key policy',
    happen: (region) => kms(region).send(new PutKeyPolicyCommand({ KeyId, Policy: closedPolicy })),
    mend: (region) => kms(region).send(new PutKeyPolicyCommand({ KeyId, Policy: poolKeyPolicy() })),
  },
]
const cases = events.flatMap((event) =>
  [primaryRegion, secondaryRegion].map((region): [string, string, KeyEvent] => [region, event.name, event]),
)

test.each(cases)(
  'the key in %s %s: that Region refuses and names it, the other serves, and it comes back',
  async (region, _name, { happen, mend, words }) => {
    const traffic = startTraffic()
    await happen(region)
    const message = await eventually(
      () => outcomeIn(region),
      (outcome) => outcome !== 'served',
      3_000,
    )
    expect(message).toContain(keyArnIn(region))
    expect(message).toContain(words)
    traffic.take(otherThan(region))
    // Nothing is served any more: what was under way when the key was refused may end first.
    await eventually(
      async () => {
        if (traffic.peek(region).served > 0) traffic.take(region)
        return traffic.peek(region)
      },
      ({ served, refused }) => served === 0 && refused > 3,
    )
    expect(await outcomeIn(otherThan(region))).toBe('served')
    await mend(region)
    await serves(region)
    const acknowledged = await traffic.end()
    const other = traffic.take(otherThan(region))
    expect(other.served).toBeGreaterThan(0)
    expect(other).toMatchObject({ refused: 0, failures: [] })
    expect(traffic.take(region).failures).toEqual([])
    await nothingIsLost(acknowledged)
  },
)

test('the replica key is deleted and made again: the secondary stops, catches up and serves', async () => {
  await regions.stop(secondaryRegion)
  const folder = join(regions.folder, secondaryRegion)
  const store = await openSqliteStore({ folder: join(folder, 'store'), clock: systemClock })
  const rootKey = loadRootKey({ folder, environment: {}, random: systemRandom })
  const records = await openKeyRecords({ store, rootKey, clock: systemClock, random: systemRandom })
  const stored = await records.keys.get(KeyId)
  if (stored === undefined) throw new Error('the replica key is there')
  // The waiting period of a scheduled deletion has passed.
  await records.keys.replace(stored, {
    ...stored.value,
    isEnabled: false,
    deletion: { windowDays: 7, atMs: Date.now() - 1 },
  })
  await store.close()
  await regions.start(secondaryRegion)

  const traffic = startTraffic()
  expect(
    await eventually(
      () => outcomeIn(secondaryRegion),
      (outcome) => outcome !== 'served',
    ),
  ).toContain('does not exist in this Region')
  await eventually(
    async () => (await kms(primaryRegion).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata,
    (key) => key?.MultiRegionConfiguration?.ReplicaKeys?.length === 0,
  )
  traffic.take(primaryRegion)
  await kms(primaryRegion).send(
    new ReplicateKeyCommand({ KeyId, ReplicaRegion: secondaryRegion, Policy: poolKeyPolicy() }),
  )
  await serves(secondaryRegion)
  const acknowledged = await traffic.end()
  expect(traffic.take(primaryRegion)).toMatchObject({ refused: 0, failures: [] })
  expect(traffic.take(secondaryRegion).failures).toEqual([])
  await nothingIsLost(acknowledged)
})

test('the primary key moves to the other Region and back, and both rotate, without one refusal', async () => {
  const traffic = startTraffic()
  const materialIn = async (region: string) =>
    (await kms(region).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId
  for (const region of [primaryRegion, secondaryRegion]) {
    await kms(region).send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: otherThan(region) }))
    const former = await materialIn(region)
    await kms(otherThan(region)).send(new RotateKeyOnDemandCommand({ KeyId }))
    for (const each of [primaryRegion, secondaryRegion])
      await eventually(
        () => materialIn(each),
        (material) => material !== former,
      )
    // Longer than data keys are kept: every Region has asked its key service under the new roles.
    const startedAtMs = Date.now()
    await eventually(
      () => Promise.resolve(Date.now() - startedAtMs),
      (passedMs) => passedMs > 1_200,
    )
  }
  const acknowledged = await traffic.end()
  for (const region of [primaryRegion, secondaryRegion]) {
    const { served, refused, failures } = traffic.take(region)
    expect(served).toBeGreaterThan(10)
    expect({ refused, failures }).toEqual({ refused: 0, failures: [] })
  }
  await nothingIsLost(acknowledged)
})
