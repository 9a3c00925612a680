// A Region that comes back with nothing: its disk is gone, keys included. It gets everything from the other one, as secondary and as primary.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  UpdateUserPoolReplicaCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { PutKeyPolicyCommand, ReplicateKeyCommand, UpdatePrimaryRegionCommand } from '@aws-sdk/client-kms'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createOperatorClient } from '../../src/operator/operator-client.ts'
import { eventually, poolKeyPolicy, startRegions, type TestRegions } from '../support/regions.ts'
import {
  makeReplicatedPool,
  primaryRegion,
  type ReplicatedPool,
  secondaryRegion,
  signIn,
  statusOf,
} from '../support/replicated-pool.ts'

const east = primaryRegion
const west = secondaryRegion
let regions: TestRegions
let pool: ReplicatedPool
beforeEach(async () => {
  regions = await startRegions([east, west])
  pool = await makeReplicatedPool(regions)
})
afterEach(() => regions.close())

const loseDisk = async (region: string): Promise<void> => {
  await regions.stop(region)
  rmSync(join(regions.folder, region), { recursive: true })
}
const keyId = () => pool.keyArn.split('/')[1] ?? ''
/** The announcement's steps for the key, again, for the Region that has lost it. */
const makeKeyAgain = async (from: string, region: string): Promise<void> => {
  await regions.kms(from).send(new ReplicateKeyCommand({ KeyId: keyId(), ReplicaRegion: region }))
  await regions.kms(region).send(new PutKeyPolicyCommand({ KeyId: keyId(), Policy: poolKeyPolicy() }))
}
const comesBack = async (region: string, from: string): Promise<void> => {
  await eventually(
    () => statusOf(regions, pool.poolId, from, region),
    (status) => status === 'INACTIVE',
    60_000,
  )
  await regions
    .cognito(from)
    .send(new UpdateUserPoolReplicaCommand({ UserPoolId: pool.poolId, RegionName: region, Status: 'ACTIVE' }))
  await eventually(
    () => statusOf(regions, pool.poolId, region, region),
    (status) => status === 'ACTIVE',
  )
  expect((await signIn(regions, region, pool)).accessToken).toBeDefined()
}
const promote = (region: string, how: object = {}) =>
  createOperatorClient({
    origin: regions.origins[region] ?? '',
    region,
    credentials: regions.credentials,
  }).call('PromoteUserPoolReplica', { UserPoolId: pool.poolId, ...how })
const addUser = (region: string, Username: string) =>
  regions
    .cognito(region)
    .send(new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username, MessageAction: 'SUPPRESS' }))
const hasUser = (region: string, Username: string) =>
  regions.cognito(region).send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username }))

describe('a Region that lost its disk', () => {
  test('as a secondary is invited again by itself, and serves when its key is made again and it is activated', async () => {
    await loseDisk(west)
    await addUser(east, 'meanwhile')
    await regions.start(west)
    await expect(
      regions.kms(east).send(new ReplicateKeyCommand({ KeyId: keyId(), ReplicaRegion: east })),
    ).rejects.toMatchObject({ name: 'ValidationException' })
    await makeKeyAgain(east, west)
    await expect(makeKeyAgain(east, west)).rejects.toMatchObject({ name: 'AlreadyExistsException' })
    await comesBack(west, east)
    await hasUser(west, 'meanwhile')
  })

  test('as the primary becomes a secondary of its successor, whose key takes the place of the one that is lost, and can be the primary again', async () => {
    await loseDisk(east)
    await promote(west, { Force: true })
    await addUser(west, 'meanwhile')
    const takeKey = () =>
      regions.kms(west).send(new UpdatePrimaryRegionCommand({ KeyId: keyId(), PrimaryRegion: west }))
    // It may come back with the key: nobody else can say that it is lost.
    await expect(takeKey()).rejects.toMatchObject({ name: 'KMSInternalException' })
    await regions.start(east)
    await takeKey()
    await makeKeyAgain(west, east)
    await comesBack(east, west)
    await promote(east)
    await addUser(east, 'at-home')
    await hasUser(east, 'meanwhile')
  })
})

test('a replica key does not take the place of a primary that is there', async () => {
  await expect(
    regions.kms(west).send(new UpdatePrimaryRegionCommand({ KeyId: keyId(), PrimaryRegion: west })),
  ).rejects.toMatchObject({ name: 'UnsupportedOperationException' })
})
