// Step 2: the documented sequence, from a key in two Regions to a replica that serves.
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type CognitoIdentityProviderClient,
  CreateGroupCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  CreateUserPoolReplicaCommand,
  ListUserPoolReplicasCommand,
  UpdateUserPoolCommand,
  UpdateUserPoolReplicaCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
} from '@aws-sdk/client-kms'
import { CliFailure } from '../cli-failure.ts'
import { keyPolicy } from './key-policy.ts'
import { type DemoPool, type DemoUser, groupName, machineScope, makeUser, resourceServer } from './pool.ts'
import type { Prove, Stage } from './stage.ts'
import { until } from './until.ts'

const present = <Value>(value: Value | undefined, what: string): Value => {
  if (value === undefined) throw new CliFailure(`The answer has no ${what}.`)
  return value
}

/** One multi-Region key, its related key in the other Region, and the policy in both: a policy is not copied with the key. */
const createKeys = async ({ primary, secondary, account }: Stage): Promise<string> => {
  const { KeyMetadata } = await primary.kms.send(new CreateKeyCommand({ MultiRegion: true }))
  const keyId = present(KeyMetadata?.KeyId, 'key ID')
  await primary.kms.send(new ReplicateKeyCommand({ KeyId: keyId, ReplicaRegion: secondary.region }))
  await until(`The related key in ${secondary.region} is enabled`, async () => {
    const found = await secondary.kms.send(new DescribeKeyCommand({ KeyId: keyId }))
    return found.KeyMetadata?.KeyState === 'Enabled' ? true : undefined
  })
  for (const { kms, region } of [primary, secondary])
    await kms.send(
      new PutKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default', Policy: keyPolicy(account, region) }),
    )
  return present(KeyMetadata?.Arn, 'key ARN')
}

/** An app client for people and one for a machine. */
const createClients = async (
  cognito: CognitoIdentityProviderClient,
  poolId: string,
): Promise<Pick<DemoPool, 'appClientId' | 'machineClientId' | 'machineClientSecret'>> => {
  const app = await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'web',
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  await cognito.send(new CreateResourceServerCommand({ UserPoolId: poolId, ...resourceServer }))
  const machine = await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'billing-job',
      GenerateSecret: true,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: [machineScope],
    }),
  )
  return {
    appClientId: present(app.UserPoolClient?.ClientId, 'client ID'),
    machineClientId: present(machine.UserPoolClient?.ClientId, 'client ID'),
    machineClientSecret: present(machine.UserPoolClient?.ClientSecret, 'client secret'),
  }
}

/** A user who can sign in: created by an administrator, with a password that need not be changed. */
export const createUser = async (
  cognito: CognitoIdentityProviderClient,
  poolId: string,
  { username, password }: DemoUser,
): Promise<void> => {
  const user = { UserPoolId: poolId, Username: username }
  const UserAttributes = [{ Name: 'email', Value: `${username}@example.com` }]
  await cognito.send(new AdminCreateUserCommand({ ...user, UserAttributes, MessageAction: 'SUPPRESS' }))
  await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }))
}

const createReplica = async ({ primary, secondary }: Stage, poolId: string, prove: Prove): Promise<void> => {
  await primary.cognito.send(
    new CreateUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: secondary.region }),
  )
  await until(`The replica in ${secondary.region} is copied`, async () => {
    const { UserPoolReplicas } = await primary.cognito.send(
      new ListUserPoolReplicasCommand({ UserPoolId: poolId }),
    )
    const replica = UserPoolReplicas?.find(({ RegionName }) => RegionName === secondary.region)
    return replica?.Status === 'INACTIVE' ? true : undefined
  })
  prove(`CreateUserPoolReplica: CREATING → INACTIVE in ${secondary.region}`)
  // What belongs to a Region doesn't travel: the replica gets its own before it serves.
  await secondary.cognito.send(
    new UpdateUserPoolCommand({
      UserPoolId: poolId,
      EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT', ReplyToEmailAddress: 'west@example.com' },
      UserPoolTags: { site: secondary.region },
    }),
  )
  await secondary.cognito.send(
    new UpdateUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: secondary.region, Status: 'ACTIVE' }),
  )
  prove('its own e-mail settings and tags, then UpdateUserPoolReplica: ACTIVE')
}

export const setUpPool = async (stage: Stage, prove: Prove): Promise<DemoPool> => {
  const { primary, secondary, routerOrigin } = stage
  const { cognito } = primary
  const keyArn = await createKeys(stage)
  prove(`CreateKey MultiRegion, ReplicateKey to ${secondary.region}, PutKeyPolicy in both Regions`)

  const { UserPool } = await cognito.send(
    new CreateUserPoolCommand({
      PoolName: 'customers',
      KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: keyArn },
      IssuerConfiguration: { Type: 'UPDATED' },
    }),
  )
  const poolId = present(UserPool?.Id, 'pool ID')
  prove(`CreateUserPool ${poolId}, on that key, with the issuer that its Regions share`)

  const clients = await createClients(cognito, poolId)
  const domain = `demo-${poolId.slice(poolId.indexOf('_') + 1).toLowerCase()}`
  await cognito.send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: domain }))
  prove('app client, machine client with a secret, resource server, prefix domain')

  const users = [makeUser('ana'), makeUser('ben')] as const
  for (const user of users) await createUser(cognito, poolId, user)
  await cognito.send(new CreateGroupCommand({ UserPoolId: poolId, GroupName: groupName }))
  await cognito.send(
    new AdminAddUserToGroupCommand({ UserPoolId: poolId, GroupName: groupName, Username: users[0].username }),
  )
  prove(`two users, one of them in the group ${groupName}`)

  await createReplica(stage, poolId, prove)
  return { poolId, issuer: `${routerOrigin}/${poolId}`, ...clients, users }
}
