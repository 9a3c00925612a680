// Every prerequisite of CreateUserPoolReplica has an error of its own that names the fix, and a refused call changes nothing.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GlobalSettings } from '../../src/directory/records/user-pool.ts'
import { registeredPools, replicas } from '../../src/directory/records/user-pool.ts'
import {
  createDeployment,
  type Deployment,
  keyArnIn,
  otherRegion,
  poolArnIn,
  poolId,
  primaryRegion,
  thirdRegion,
} from './support/deployment.ts'
import { allActions, newKey, servicePrincipals } from './support/key-service.ts'

let deployment: Deployment

beforeEach(async () => {
  deployment = await createDeployment({ regions: [primaryRegion, otherRegion] })
})
afterEach(() => deployment.close())

const create = (region: string) =>
  deployment.region(primaryRegion).call('CreateUserPoolReplica', { UserPoolId: poolId, RegionName: region })
const settings = (more: Partial<GlobalSettings>): GlobalSettings => ({
  UserPoolTier: 'ESSENTIALS',
  IssuerConfiguration: { Type: 'UPDATED' },
  ...more,
})
const key = (region: string) => {
  const found = deployment.keyServices[region]?.keys.get(keyArnIn(region))
  if (found === undefined) throw new Error(`no key in ${region}`)
  return found
}
/** Expects the refusal, with all these words in its message, and that nothing was changed by it. */
const expectRefusal = async (region: string, code: string, ...words: string[]): Promise<void> => {
  const refused = create(region)
  await expect(refused).rejects.toMatchObject({ code })
  for (const word of words)
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(word) as string })
  const { vault } = deployment.region(primaryRegion)
  expect((await vault.region.get(registeredPools, poolId))?.value.replicaRegions).toEqual([])
  expect((await vault.pool(poolId).primary.list(replicas, { limit: 10 })).items).toEqual([])
  expect(await deployment.region(otherRegion).vault.region.get(registeredPools, poolId)).toBeUndefined()
}

describe('the pool', () => {
  test('on the LITE tier can have no replica', async () => {
    await deployment.makePool(settings({ UserPoolTier: 'LITE' }))
    await expectRefusal(otherRegion, 'FeatureUnavailableInTierException', 'LITE', 'ESSENTIALS')
  })

  test('on the PLUS tier, with an ORIGINAL issuer, can have one', async () => {
    await deployment.makePool(settings({ UserPoolTier: 'PLUS', IssuerConfiguration: { Type: 'ORIGINAL' } }))
    await deployment.makeReplica(otherRegion)
    expect(await deployment.statusAt(otherRegion, otherRegion)).toBe('INACTIVE')
  })

  test('on the service-owned key can have no replica', async () => {
    await deployment.makePool()
    await deployment.region(primaryRegion).vault.changeKey(poolId, undefined)
    await expectRefusal(otherRegion, 'InvalidParameterException', 'CUSTOMER_MANAGED_KEY', 'KeyConfiguration')
  })
})

describe('the target Region', () => {
  beforeEach(() => deployment.makePool())

  test('must be one of this deployment', () =>
    expectRefusal(thirdRegion, 'InvalidParameterException', thirdRegion, primaryRegion, otherRegion))

  test('must not be the primary', () =>
    expectRefusal(primaryRegion, 'InvalidParameterException', 'primary Region'))

  test('must be within reach', async () => {
    deployment.network.cut(primaryRegion, otherRegion)
    await expectRefusal(otherRegion, 'InternalErrorException', otherRegion)
  })

  test('must not have a replica yet', async () => {
    await deployment.makeReplica(otherRegion)
    await expect(create(otherRegion)).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringContaining('already has a replica') as string,
    })
  })

  test('must be the call’s own primary: a secondary refuses it', async () => {
    await deployment.makeReplica(otherRegion)
    await expect(
      deployment
        .region(otherRegion)
        .call('CreateUserPoolReplica', { UserPoolId: poolId, RegionName: primaryRegion }),
    ).rejects.toMatchObject({
      code: 'OperationNotEnabledException',
      message: expect.stringContaining(primaryRegion) as string,
    })
  })

  test('of two calls at once for the same Region one is refused', async () => {
    const outcomes = await Promise.allSettled([create(otherRegion), create(otherRegion)])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'InvalidParameterException' },
    })
  })
})

describe('the key', () => {
  beforeEach(() => deployment.makePool())

  test('in the primary Region must be a multi-Region key', async () => {
    key(primaryRegion).isMultiRegion = false
    await expectRefusal(otherRegion, 'InvalidParameterException', keyArnIn(primaryRegion), 'single-Region')
  })

  test('must be symmetric', async () => {
    key(primaryRegion).spec = 'RSA_2048'
    await expectRefusal(otherRegion, 'InvalidParameterException', 'SYMMETRIC_DEFAULT')
  })

  test.each([primaryRegion, otherRegion])('must be Enabled in %s', async (region) => {
    for (const state of ['Disabled', 'PendingDeletion', 'Creating']) {
      key(region).state = state
      await expectRefusal(otherRegion, 'InvalidParameterException', keyArnIn(region), region, state)
    }
  })

  test('must exist in the target Region', async () => {
    deployment.keyServices[otherRegion]?.keys.delete(keyArnIn(otherRegion))
    await expectRefusal(
      otherRegion,
      'InvalidParameterException',
      keyArnIn(otherRegion),
      otherRegion,
      'kms:ReplicateKey',
    )
  })

  test('in the target Region must be related to the primary’s', async () => {
    deployment.keyServices[otherRegion]?.keys.set(keyArnIn(otherRegion), newKey())
    await expectRefusal(otherRegion, 'InvalidParameterException', keyArnIn(otherRegion), "can't decrypt")
  })

  const denials = [primaryRegion, otherRegion].flatMap((region) =>
    servicePrincipals.flatMap((principal) => allActions.map((action) => ({ region, principal, action }))),
  )
  test.each(denials)('in $region must let $principal do $action', async ({ region, principal, action }) => {
    deployment.keyServices[region]?.deny(keyArnIn(region), principal, action)
    await expectRefusal(
      otherRegion,
      'InvalidParameterException',
      keyArnIn(region),
      region,
      principal,
      `kms:${action}`,
    )
  })

  test('whose policy names neither principal is refused with everything that is missing', async () => {
    for (const principal of servicePrincipals)
      for (const action of allActions)
        deployment.keyServices[otherRegion]?.deny(keyArnIn(otherRegion), principal, action)
    await expectRefusal(
      otherRegion,
      'InvalidParameterException',
      ...servicePrincipals,
      ...allActions.map((action) => `kms:${action}`),
    )
  })

  test('service that is down is the service’s failure, not the caller’s', async () => {
    for (const region of [primaryRegion, otherRegion]) {
      const service = deployment.keyServices[region]
      if (service === undefined) throw new Error('no key service')
      service.isDown = true
      await expectRefusal(otherRegion, 'InternalErrorException')
      service.isDown = false
    }
  })
})

test('a sixth secondary is refused with LimitExceededException', async () => {
  await deployment.makePool()
  const { vault } = deployment.region(primaryRegion)
  const stored = await vault.region.get(registeredPools, poolId)
  if (stored === undefined) throw new Error('no pool')
  const five = ['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-north-1', 'eu-south-1']
  await vault.region.commit((changes) =>
    changes.replace(registeredPools, stored, { ...stored.value, replicaRegions: five }),
  )
  await expect(create(otherRegion)).rejects.toMatchObject({
    code: 'LimitExceededException',
    message: expect.stringContaining('5') as string,
  })
})

test('the answer carries the ARN of the replica, which differs in nothing but the Region', async () => {
  await deployment.makePool()
  const { UserPoolReplica } = await create(otherRegion)
  expect(UserPoolReplica?.UserPoolArn).toBe(poolArnIn(otherRegion))
  expect(poolArnIn(otherRegion)).toBe(poolArnIn(primaryRegion).replace(primaryRegion, otherRegion))
})
