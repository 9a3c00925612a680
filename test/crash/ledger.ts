// What was acknowledged, by real clients that write without pause: the ledger that the Regions are held against when all is over.
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminUpdateUserAttributesCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Supervisor } from '../../src/cli/supervisor.ts'
import type { RegionClients } from '../support/replicated-pool.ts'

/** What a user's family_name must be; undefined: no such user. `doubt` holds what an unanswered request may have made of it. */
export type Expected = { value: string | undefined; doubt: (string | undefined)[] }

/** mulberry32: small, and good enough to choose who dies when. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const clientsOf = ({ endpoints, accessKey: credentials }: Supervisor): RegionClients => {
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

/** Errors that say for certain that the request did nothing. */
const changedNothing: ReadonlySet<string> = new Set(['UserNotFoundException', 'OperationNotEnabledException'])

/** Writes as one client does, one request after the other, and keeps the ledger. */
export const write = async (parts: {
  readonly name: string
  readonly poolId: string
  /** Where writes go at the moment. */
  readonly primary: () => CognitoIdentityProviderClient
  readonly ledger: Map<string, Expected>
  readonly random: () => number
  readonly isOver: () => boolean
  readonly acknowledge: () => void
}): Promise<void> => {
  const { ledger, random, poolId: UserPoolId } = parts
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
        await parts
          .primary()
          .send(
            new AdminCreateUserCommand({ UserPoolId, Username, UserAttributes, MessageAction: 'SUPPRESS' }),
          )
      else if (kind < 0.85)
        await parts
          .primary()
          .send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes }))
      else await parts.primary().send(new AdminDeleteUserCommand({ UserPoolId, Username }))
      expected.value = wanted
      expected.doubt = []
      if (kind < 0.5) alive.push(Username)
      if (kind >= 0.85) alive.splice(alive.indexOf(Username), 1)
      parts.acknowledge()
    } catch (error) {
      const { name } = error as Error
      // A user in doubt is left alone from now on: whatever became of it, later requests would only blur it.
      if (!changedNothing.has(name)) expected.doubt.push(wanted)
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

export const checkLedger = async (
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
