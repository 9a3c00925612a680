// What can be wrong when a replica is made, each with the real key services: the right error, and nothing changed.
import {
  CreateUserPoolCommand,
  CreateUserPoolReplicaCommand,
  DeleteUserPoolCommand,
  DeleteUserPoolReplicaCommand,
  DescribeUserPoolCommand,
  ListUserPoolReplicasCommand,
  ListUserPoolsCommand,
  UpdateUserPoolCommand,
  UpdateUserPoolReplicaCommand,
  type UserPoolTierType,
} from '@aws-sdk/client-cognito-identity-provider'
import { CreateKeyCommand, DisableKeyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, poolKeyPolicy, startRegions, type TestRegions } from '../support/regions.ts'
import { makeActiveReplica, makeMultiRegionKey, makePool, statusOf } from '../support/replicated-pool.ts'

let regions: TestRegions
beforeAll(async () => {
  regions = await startRegions()
})
afterAll(() => regions.close())
const east = () => regions.cognito('us-east-1')
const west = () => regions.cognito('us-west-2')
const createReplica = (UserPoolId: string, RegionName = 'us-west-2') =>
  east().send(new CreateUserPoolReplicaCommand({ UserPoolId, RegionName }))

/** The pool has no replica anywhere after the refusal. */
const expectUnchanged = async (poolId: string): Promise<void> => {
  const { UserPoolReplicas } = await east().send(new ListUserPoolReplicasCommand({ UserPoolId: poolId }))
  expect(UserPoolReplicas?.map(({ RegionName }) => RegionName)).toEqual(['us-east-1'])
  const { UserPools } = await west().send(new ListUserPoolsCommand({ MaxResults: 60 }))
  expect(UserPools?.map(({ Id }) => Id)).not.toContain(poolId)
}

const withoutIdentityStore = poolKeyPolicy(['cognito-idp.amazonaws.com'])
type Refusal = readonly [
  what: string,
  make: () => Promise<string>,
  name: string,
  words: RegExp,
  region?: string,
]
const refusals: readonly Refusal[] = [
  [
    'a pool on the service-owned key',
    () => makePool(regions, undefined),
    'InvalidParameterException',
    /customer managed|CUSTOMER_MANAGED_KEY/,
  ],
  [
    'a single-Region key',
    async () => {
      const { KeyMetadata } = await regions
        .kms('us-east-1')
        .send(new CreateKeyCommand({ Policy: poolKeyPolicy() }))
      return makePool(regions, KeyMetadata?.Arn)
    },
    'InvalidParameterException',
    /multi-Region/,
  ],
  [
    'a key without a replica key in the Region',
    async () => makePool(regions, await makeMultiRegionKey(regions, [])),
    'InvalidParameterException',
    /mrk-[0-9a-f]+.*us-west-2|us-west-2.*mrk-[0-9a-f]+/,
  ],
  [
    'a key policy without identitystore in the target Region',
    async () => {
      const keyArn = await makeMultiRegionKey(regions)
      const KeyId = keyArn.split('/')[1]
      await regions.kms('us-west-2').send(new PutKeyPolicyCommand({ KeyId, Policy: withoutIdentityStore }))
      return makePool(regions, keyArn)
    },
    'InvalidParameterException',
    /us-west-2.*identitystore\.amazonaws\.com.*kms:|identitystore\.amazonaws\.com.*kms:.*us-west-2/,
  ],
  [
    'a replica key that is disabled',
    async () => {
      const keyArn = await makeMultiRegionKey(regions)
      await regions.kms('us-west-2').send(new DisableKeyCommand({ KeyId: keyArn.split('/')[1] }))
      return makePool(regions, keyArn)
    },
    'InvalidParameterException',
    /Disabled|disabled|Enabled/,
  ],
  [
    'the LITE tier',
    async () =>
      makePool(regions, await makeMultiRegionKey(regions), { UserPoolTier: 'LITE' as UserPoolTierType }),
    'FeatureUnavailableInTierException',
    /./,
  ],
  [
    'a Region that the deployment does not have',
    async () => makePool(regions, await makeMultiRegionKey(regions)),
    'InvalidParameterException',
    /eu-north-1/,
    'eu-north-1',
  ],
  [
    'the primary Region itself',
    async () => makePool(regions, await makeMultiRegionKey(regions)),
    'InvalidParameterException',
    /us-east-1/,
    'us-east-1',
  ],
]

for (const [what, make, name, words, region] of refusals)
  test(`${what}: no replica, and a message that names the fix`, async () => {
    const poolId = await make()
    await expect(createReplica(poolId, region)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(words),
    })
    await expectUnchanged(poolId)
  })

test('a pool that is nowhere, and a key that refuses cognito-idp', async () => {
  await expect(createReplica('us-east-1_Nowhere00')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
  const { KeyMetadata } = await regions.kms('us-east-1').send(new CreateKeyCommand({}))
  const refused = east().send(
    new CreateUserPoolCommand({
      PoolName: 'refused',
      KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: KeyMetadata?.Arn },
    }),
  )
  await expect(refused).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringContaining(KeyMetadata?.Arn ?? ''),
  })
  const { UserPools } = await east().send(new ListUserPoolsCommand({ MaxResults: 60 }))
  expect(UserPools?.map(({ Name }) => Name)).not.toContain('refused')
})

test('with a replica: no second one there, no other key, no lower tier, no deletion; and only the primary makes and deletes', async () => {
  const poolId = await makePool(regions, await makeMultiRegionKey(regions))
  await makeActiveReplica(regions, poolId)
  const before = await east().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
  const otherKey = await makeMultiRegionKey(regions)
  const attempts: readonly (readonly [() => Promise<unknown>, string])[] = [
    [() => createReplica(poolId), 'InvalidParameterException'],
    [
      () => west().send(new CreateUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: 'us-east-1' })),
      'OperationNotEnabledException',
    ],
    [
      () => west().send(new DeleteUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: 'us-west-2' })),
      'OperationNotEnabledException',
    ],
    [() => west().send(new DeleteUserPoolCommand({ UserPoolId: poolId })), 'OperationNotEnabledException'],
    [() => east().send(new DeleteUserPoolCommand({ UserPoolId: poolId })), 'InvalidParameterException'],
    [
      () => east().send(new DeleteUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: 'us-west-2' })),
      'InvalidParameterException',
    ],
    [
      () => east().send(new UpdateUserPoolCommand({ UserPoolId: poolId, UserPoolTier: 'LITE' })),
      'InvalidParameterException',
    ],
    [
      () =>
        east().send(
          new UpdateUserPoolCommand({
            UserPoolId: poolId,
            KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: otherKey },
          }),
        ),
      'InvalidParameterException',
    ],
    [
      () =>
        west().send(
          new UpdateUserPoolCommand({
            UserPoolId: poolId,
            MfaConfiguration: 'OFF',
            DeletionProtection: 'ACTIVE',
          }),
        ),
      'InvalidParameterException',
    ],
  ]
  for (const [refusal, name] of attempts) await expect(refusal()).rejects.toMatchObject({ name })
  const after = await east().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
  expect(after.UserPool).toEqual(before.UserPool)

  // Regional settings are each replica's own.
  await west().send(
    new UpdateUserPoolCommand({
      UserPoolId: poolId,
      EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT', ReplyToEmailAddress: 'west@ops.example' },
      UserPoolTags: { side: 'west' },
    }),
  )
  const [inEast, inWest] = await Promise.all(
    [east(), west()].map((client) => client.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))),
  )
  expect(inWest?.UserPool?.EmailConfiguration?.ReplyToEmailAddress).toBe('west@ops.example')
  expect(inEast?.UserPool?.EmailConfiguration?.ReplyToEmailAddress).toBeUndefined()

  await east().send(
    new UpdateUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: 'us-west-2', Status: 'INACTIVE' }),
  )
  await east().send(new DeleteUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: 'us-west-2' }))
  await eventually(
    () => statusOf(regions, poolId, 'us-east-1', 'us-west-2'),
    (status) => status === undefined,
  )
  await expect(west().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
  await east().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
  await expect(east().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
})
