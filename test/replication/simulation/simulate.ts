// One run of the simulation: from a seed, until everything has come to rest and been checked.
import { type RegisteredPool, registeredPools, userPools } from '../../../src/directory/records/user-pool.ts'
import { PeerFailure } from '../../../src/replication/peer-port.ts'
import { Conflict, Divergence } from '../../../src/store/store.ts'
import { StoreFailure } from '../../../src/store/store-errors.ts'
import { isFault } from '../../../src/wire/fault.ts'
import {
  keyArnIn,
  otherRegion,
  poolArnIn,
  poolId,
  primaryRegion,
  thirdRegion,
} from '../support/deployment.ts'
import { createDice, type Dice } from './dice.ts'
import { checkEnd, unsettled } from './end-checks.ts'
import { createEvents, type Event, endFaults } from './events.ts'
import { createKnown, type Known } from './known.ts'
import type { Mutation } from './mutations.ts'
import { callsPerSecondMax, createStepChecks, type StepChecks } from './step-checks.ts'
import { simulatedStartMs } from './time.ts'
import { createTrace, type Trace } from './trace.ts'
import { createWorld, type World } from './world.ts'

export type Run = {
  /** Of everything that happened, in order. */
  readonly hash: string
  /** How often what happened. */
  readonly counts: ReadonlyMap<string, number>
}

export type SimulationOptions = {
  readonly steps?: number
  readonly mutation?: Mutation
  /** Events that are left out. A run without one is another run. */
  readonly without?: readonly string[]
  /** Gets every line of the trace as it happens. */
  readonly say?: (line: string) => void
}

const stepsDefault = 60
/** Simulated time in which everything must come to rest once nothing fails any more. */
const restWithinMs = 240_000
const fourthRegion = 'ap-south-1'

export class SimulationFailure extends Error {
  readonly seed: number
  readonly trace: readonly string[]
  constructor(seed: number, what: string, trace: Trace, cause?: unknown) {
    super(
      `seed ${seed}: ${what}\nreplay it: npm run simulate -- --from ${seed} --seeds 1 --trace\n${trace.last().join('\n')}`,
      { cause },
    )
    this.name = 'SimulationFailure'
    this.seed = seed
    this.trace = trace.last()
  }
}

/** What the failures of others make fail, and nothing else. */
const isExpected = (error: unknown): boolean =>
  isFault(error) ||
  error instanceof PeerFailure ||
  error instanceof Conflict ||
  error instanceof StoreFailure ||
  error instanceof Divergence

const regionsOf = (dice: Dice): readonly string[] =>
  [primaryRegion, otherRegion, thirdRegion, fourthRegion].slice(0, dice.between(2, 4))

const makePool = async (world: World): Promise<void> => {
  const { vault } = world.region(primaryRegion).process ?? {}
  if (vault === undefined) throw new Error('the first Region does not run')
  await vault.createPool(poolId, { poolArn: poolArnIn(primaryRegion), kmsKeyArn: keyArnIn(primaryRegion) })
  const about = { poolId, name: 'pool', createdAtMs: 1, modifiedAtMs: 1 }
  await vault
    .pool(poolId)
    .primary.commit((changes) => changes.create(userPools, { ...about, schema: [], settings: {} }))
  const registered: RegisteredPool = {
    ...about,
    role: 'PRIMARY',
    status: 'ACTIVE',
    statusAtMs: 1,
    primaryRegion,
    replicaRegions: [],
  }
  await vault.region.commit((changes) => changes.create(registeredPools, registered))
}

/** Events that can happen in this run, each as often as it weighs. */
const deckOf = (events: Readonly<Record<string, Event>>, dice: Dice): readonly string[] =>
  Object.entries(events).flatMap(([name, { weight, isAlways }]) =>
    isAlways === true || dice.once(2) ? Array<string>(weight).fill(name) : [],
  )

export const simulate = async (seed: number, options: SimulationOptions = {}): Promise<Run> => {
  const dice = createDice(seed)
  const names = regionsOf(dice)
  let world: World | undefined
  const now = (): number => world?.time.clock.now() ?? simulatedStartMs
  const trace = createTrace(now, options.say)
  const known: Known = createKnown(trace, now, (region) =>
    [...(world?.network.faults.garbled.keys() ?? [])].some((link) => link.endsWith(` ${region}`)),
  )
  const unexpected: unknown[] = []
  const calls = { second: 0, counts: new Map<string, number>() }

  const called = (from: string, to: string, name: string): void => {
    trace.add(`call ${from} ${to} ${name}`)
    const second = Math.floor(now() / 1_000)
    if (second !== calls.second) calls.counts.clear()
    calls.second = second
    const count = (calls.counts.get(`${from} ${to}`) ?? 0) + 1
    calls.counts.set(`${from} ${to}`, count)
    if (count > callsPerSecondMax) known.violate(`I9: ${from} called ${to} ${count} times in a second`)
  }
  const failed = (from: string, to: string, name: string, { code, message, cause }: PeerFailure): void =>
    trace.add(
      `failed call ${from} ${to} ${name}: ${code} ${message} ${cause instanceof Error ? cause.message : ''}`,
    )
  const fed = (from: string, to: string): void => {
    trace.add(`fed ${to} by ${from}`)
    known.fedAtMs.set(`${from} ${to}`, now())
  }
  world = createWorld({
    names,
    dice,
    mutation: options.mutation ?? {},
    diskWitness: known.diskWitness,
    networkWitness: { called, failed, fed },
    acknowledged: known.acknowledge,
  })
  const checks = createStepChecks(world, known)
  const attempt = (what: string, run: () => unknown): void => {
    void Promise.resolve(run()).catch((error: unknown) => {
      trace.add(`failed ${what}: ${isFault(error) ? error.message : String(error)}`)
      if (!isExpected(error)) unexpected.push(error)
    })
  }
  const check = async (): Promise<void> => {
    await checks.check()
    const violation = known.violation()
    if (violation !== undefined) throw new SimulationFailure(seed, violation, trace)
    if (unexpected.length > 0)
      throw new SimulationFailure(
        seed,
        `an unexpected failure: ${String(unexpected[0])}`,
        trace,
        unexpected[0],
      )
  }

  try {
    for (const name of names) await world.during(world.start(name))
    await world.during(makePool(world))
    const events = createEvents(world, known, checks.noteKeys, attempt)
    const deck = deckOf(events, dice).filter((name) => options.without?.includes(name) !== true)
    const steps = options.steps ?? stepsDefault
    await makeFirstReplicas(world, attempt, dice)
    supervise(world, attempt, dice.fork('supervisor'))
    for (let step = 0; step < steps; step += 1) {
      const name = dice.pick(deck)
      trace.add(`step ${step} ${name}`)
      const event = events[name]
      if (event !== undefined) attempt(name, event.run)
      await world.time.pass(dice.below(dice.once(10) ? 3_000 : 200))
      await check()
    }

    await comeToRest(world, known, check, checks)
    await checkEnd(world, known)
    await check()
    return { hash: trace.hash(), counts: trace.counts() }
  } finally {
    // Connections that are still open would keep the whole world in memory.
    for (const name of names) world.crash(name)
  }

  async function comeToRest(
    all: World,
    facts: Known,
    look: () => Promise<void>,
    { noteKeys }: StepChecks,
  ): Promise<void> {
    trace.add('faults end')
    endFaults(all)
    noteKeys()
    // What a broken transport has brought may have been believed: connections begin anew, and an operator copies what diverged.
    for (const one of names) for (const other of names) if (one < other) all.network.breakLinks(one, other)
    for (let waitedMs = 0, still: string | undefined = ''; still !== undefined; waitedMs += 1_000) {
      for (const region of all.regions.values()) {
        if (facts.garbled.has(region.name)) await recopyDiverged(region.name)
      }
      if (waitedMs > restWithinMs)
        throw new SimulationFailure(seed, `${restWithinMs} ms after the last fault ${still}`, trace)
      await all.time.pass(1_000)
      await look()
      still = await unsettled(all, facts)
    }
  }
  async function recopyDiverged(name: string): Promise<void> {
    const process = world?.region(name).process
    if (process?.isServing !== true) return
    const { followers } = await process.replication.status()
    if (followers.some(({ state }) => state === 'diverged')) process.replication.control.recopy(poolId)
  }
}

/** Starts what does not run, some time after it has ended, as whatever looks after processes does. */
const supervise = (
  world: World,
  attempt: (what: string, run: () => Promise<unknown>) => void,
  dice: Dice,
): void => {
  for (const { name } of world.regions.values())
    attempt('supervise', async () => {
      for (;;) {
        await world.time.timer.wait(dice.between(10, 4_000))
        const { process, starting } = world.region(name)
        if (process === undefined && starting === undefined) attempt('start', () => world.start(name))
      }
    })
}

/** Most runs begin with replicas in use. */
const makeFirstReplicas = async (
  world: World,
  attempt: (what: string, run: () => Promise<unknown>) => void,
  dice: Dice,
): Promise<void> => {
  if (dice.once(4)) return
  const { process } = world.region(primaryRegion)
  if (process === undefined) return
  const { control } = process.replication
  for (const name of world.regions.keys()) {
    const pool = (await process.vault.region.get(registeredPools, poolId))?.value
    if (name === primaryRegion || pool === undefined) continue
    await world.during(control.createReplica(pool, name, undefined))
    await world.time.pass(3_000)
    attempt('switch', () => control.setStatus(pool, name, 'ACTIVE'))
  }
  await world.time.pass(2_000)
}
