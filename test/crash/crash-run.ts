// Rounds of SIGKILL under load against a deployment of real processes, with a ledger of what was acknowledged; one seed gives one plan of kills.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminUpdateUserAttributesCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type Supervisor, startSupervisor } from '../../src/cli/supervisor.ts'
import { digestOf } from '../../src/store/digest.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { allRecords } from '../store/records.ts'
import { account, eventually } from '../support/regions.ts'
import {
  makeReplicatedPool,
  primaryRegion,
  type RegionClients,
  secondaryRegion,
} from '../support/replicated-pool.ts'

export type CrashRunOptions = {
  readonly rounds: number
  readonly seed: number
  readonly say?: (line: string) => void
}

export type CrashRunResult = {
  readonly acknowledged: number
  readonly inDoubt: number
  readonly kills: number
  /** Positions that the secondary was behind when everything was killed at once in the end. */
  readonly behindAtTheEnd: number
}

/** What a user's family_name must be; undefined: no such user. `doubt` holds what an unanswered request may have made of it. */
type Expected = { value: string | undefined; doubt: (string | undefined)[] }

const writers = 6
const victims = [
  [primaryRegion],
  [secondaryRegion],
  [primaryRegion],
  [primaryRegion, secondaryRegion],
] as const

/** mulberry32: small, and good enough to choose who dies when. */
const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const clientsOf = ({ endpoints, accessKey: credentials }: Supervisor): RegionClients => {
  const settings = (region: string) => ({
    region,
    endpoint: endpoints.regions[region] ?? '',
    credentials,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ requestTimeout: 5_000, connectionTimeout: 1_000 }),
  })
  const cognito = new Map<string, CognitoIdentityProviderClient>()
  return {
    origins: endpoints.regions,
    cognito: (region) => {
      const client = cognito.get(region) ?? new CognitoIdentityProviderClient(settings(region))
      cognito.set(region, client)
      return client
    },
    kms: (region) => new KMSClient(settings(region)),
  }
}

/** Writes as one client does, one request after the other, and keeps the ledger. */
const write = async (parts: {
  readonly name: string
  readonly poolId: string
  readonly clients: RegionClients
  readonly ledger: Map<string, Expected>
  readonly random: () => number
  readonly isOver: () => boolean
  readonly acknowledge: () => void
}): Promise<void> => {
  const { ledger, random, poolId: UserPoolId } = parts
  const primary = parts.clients.cognito(primaryRegion)
  const alive: string[] = []
  for (let count = 0; !parts.isOver(); count += 1) {
    const value = `value-${count}`
    const UserAttributes = [{ Name: 'family_name', Value: value }]
    const kind = alive.length === 0 ? 0 : random()
    const chosen = alive[Math.floor(random() * alive.length)] ?? ''
    const Username = kind < 0.5 ? `${parts.name}-${count}` : chosen
    const wanted = kind < 0.85 ? value : undefined
    const expected = ledger.get(Username) ?? { value: undefined, doubt: [] }
    ledger.set(Username, expected)
    try {
      if (kind < 0.5)
        await primary.send(
          new AdminCreateUserCommand({ UserPoolId, Username, UserAttributes, MessageAction: 'SUPPRESS' }),
        )
      else if (kind < 0.85)
        await primary.send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes }))
      else await primary.send(new AdminDeleteUserCommand({ UserPoolId, Username }))
      expected.value = wanted
      expected.doubt = []
      if (kind < 0.5) alive.push(Username)
      if (kind >= 0.85) alive.splice(alive.indexOf(Username), 1)
      parts.acknowledge()
    } catch (error) {
      const { name } = error as Error
      // A user in doubt is left alone from now on: whatever became of it, later requests would only blur it.
      if (name !== 'UserNotFoundException') expected.doubt.push(wanted)
      if (alive.includes(Username)) alive.splice(alive.indexOf(Username), 1)
      // Nobody answers while a Region is down: no need to fill the ledger with doubts.
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

const familyName = async (clients: RegionClients, region: string, UserPoolId: string, Username: string) => {
  try {
    const { UserAttributes } = await clients
      .cognito(region)
      .send(new AdminGetUserCommand({ UserPoolId, Username }))
    return UserAttributes?.find(({ Name }) => Name === 'family_name')?.Value
  } catch (error) {
    if ((error as Error).name === 'UserNotFoundException') return undefined
    throw error
  }
}

const checkLedger = async (
  clients: RegionClients,
  region: string,
  poolId: string,
  ledger: ReadonlyMap<string, Expected>,
): Promise<void> => {
  for (const [name, { value, doubt }] of ledger) {
    const found = await familyName(clients, region, poolId, name)
    if (found !== value && !doubt.includes(found))
      throw new Error(
        `${region}: ${name} is ${String(found)}; acknowledged was ${String(value)}, in doubt ${doubt.map(String).join(', ')}`,
      )
  }
}

/** Both stores as the kill left them: the secondary's state must be that of one position of the primary's history. */
const checkPrefix = async (folder: string, poolId: string): Promise<number> => {
  const [primary, secondary] = await Promise.all(
    [primaryRegion, secondaryRegion].map((region) =>
      openSqliteStore({ folder: join(folder, region, 'store'), clock: systemClock }),
    ),
  )
  if (primary === undefined || secondary === undefined) throw new Error('there are two stores')
  try {
    const ahead = await primary.head(poolId)
    const behind = await secondary.head(poolId)
    for (const [store, head] of [
      [primary, ahead],
      [secondary, behind],
    ] as const)
      if (digestOf(await allRecords(store, poolId)) !== head.digest)
        throw new Error('a store holds other records than its digest says')
    if (behind.position > ahead.position)
      throw new Error(`the secondary is at ${behind.position}, the primary only at ${ahead.position}`)
    const [entry] = behind.position === 0 ? [] : await primary.readLog(poolId, behind.position - 1, 1)
    if (entry?.digest !== behind.digest)
      throw new Error(`the secondary is not what the primary was at position ${behind.position}`)
    return ahead.position - behind.position
  } finally {
    await Promise.all([primary.close(), secondary.close()])
  }
}

/** Throws an Error that says what was lost, torn or different. */
export const crashRun = async ({
  rounds,
  seed,
  say = () => {},
}: CrashRunOptions): Promise<CrashRunResult> => {
  const random = randomFrom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-crash-'))
  const logDescriptor = openSync(join(folder, 'log'), 'a', 0o600)
  const data = join(folder, 'data')
  const supervisor = await startSupervisor({
    dataFolder: data,
    regions: [primaryRegion, secondaryRegion],
    account,
    host: '127.0.0.1',
    port: 0,
    isTls: false,
    logLevel: 'warn',
    logDescriptor,
    isRestarted: false,
    say: () => {},
  })
  let isOver = false
  let acknowledged = 0
  let kills = 0
  const ledger = new Map<string, Expected>()
  try {
    const clients = clientsOf(supervisor)
    const { poolId } = await makeReplicatedPool(clients)
    const writing = Promise.all(
      Array.from({ length: writers }, (_, index) =>
        write({
          name: `writer-${index}`,
          poolId,
          clients,
          ledger,
          random,
          isOver: () => isOver,
          acknowledge: () => {
            acknowledged += 1
          },
        }),
      ),
    )
    for (let round = 1; round <= rounds; round += 1) {
      const target = acknowledged + 5 + Math.floor(random() * 60)
      await eventually(
        async () => acknowledged,
        (count) => count >= target,
        60_000,
      )
      const dying = victims[Math.floor(random() * victims.length)] ?? []
      await Promise.all(dying.map((region) => supervisor.kill(region)))
      kills += dying.length
      await new Promise((resolve) => setTimeout(resolve, random() * 100))
      await Promise.all(dying.map((region) => supervisor.restart(region)))
      say(`round ${round}: killed ${dying.join(' and ')}; ${acknowledged} acknowledged`)
    }
    isOver = true
    await writing
    await checkLedger(clients, primaryRegion, poolId, ledger)
    await eventually(
      () => checkLedger(clients, secondaryRegion, poolId, ledger).then(() => 'equal', String),
      (answer) => answer === 'equal',
      60_000,
    )

    // And the end: everything at once, in the middle of writes.
    isOver = false
    const last = acknowledged + 50
    const lastWriting = write({
      name: 'last',
      poolId,
      clients,
      ledger,
      random,
      isOver: () => isOver,
      acknowledge: () => {
        acknowledged += 1
      },
    })
    await eventually(
      async () => acknowledged,
      (count) => count >= last,
      60_000,
    )
    await Promise.all([primaryRegion, secondaryRegion].map((region) => supervisor.kill(region)))
    kills += 2
    isOver = true
    await lastWriting
    await supervisor.stop()
    const behindAtTheEnd = await checkPrefix(data, poolId)
    const inDoubt = [...ledger.values()].filter(({ doubt }) => doubt.length > 0).length
    return { acknowledged, inDoubt, kills, behindAtTheEnd }
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  } finally {
    isOver = true
    await supervisor.stop()
    closeSync(logDescriptor)
    rmSync(folder, { recursive: true, force: true })
  }
}
