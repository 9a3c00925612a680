// The set-up sequence of a pool with a replica, through the AWS SDK, as its owner would go through it.
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CreateGroupCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
  CreateUserPoolReplicaCommand,
  InitiateAuthCommand,
  ListUserPoolReplicasCommand,
  UpdateUserPoolReplicaCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { CreateKeyCommand, PutKeyPolicyCommand, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { eventually, poolKeyPolicy, type TestRegions } from './regions.ts'

/** What these steps need of a deployment, however its Regions are run. */
export type RegionClients = Pick<TestRegions, 'origins' | 'cognito' | 'kms'>

export const primaryRegion = 'us-east-1'
export const secondaryRegion = 'us-west-2'

const required = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('the answer lacks a member that the test needs')
  return value
}

/** A multi-Region key with a replica in each of the other Regions, every policy letting both services in. Returns the primary's ARN. */
export const makeMultiRegionKey = async (
  regions: RegionClients,
  others: readonly string[] = [secondaryRegion],
  policy = poolKeyPolicy(),
): Promise<string> => {
  const kms = regions.kms(primaryRegion)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  const keyArn = required(KeyMetadata?.Arn)
  for (const ReplicaRegion of others)
    await kms.send(new ReplicateKeyCommand({ KeyId: keyArn, ReplicaRegion }))
  for (const region of [primaryRegion, ...others])
    await regions.kms(region).send(new PutKeyPolicyCommand({ KeyId: KeyMetadata?.KeyId, Policy: policy }))
  return keyArn
}

export const makePool = async (
  regions: RegionClients,
  keyArn: string | undefined,
  input: Partial<CreateUserPoolCommandInput> = {},
): Promise<string> => {
  const { UserPool } = await regions.cognito(primaryRegion).send(
    new CreateUserPoolCommand({
      PoolName: 'a pool of the test',
      ...(keyArn === undefined
        ? {}
        : { KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: keyArn } }),
      IssuerConfiguration: { Type: 'UPDATED' },
      ...input,
    }),
  )
  return required(UserPool?.Id)
}

export const statusOf = async (
  regions: RegionClients,
  poolId: string,
  asked: string,
  replica: string,
): Promise<string | undefined> => {
  const { UserPoolReplicas } = await regions
    .cognito(asked)
    .send(new ListUserPoolReplicasCommand({ UserPoolId: poolId }))
  return UserPoolReplicas?.find(({ RegionName }) => RegionName === replica)?.Status
}

/** Creates the replica, waits until it is complete, activates it and waits until it says so itself. */
export const makeActiveReplica = async (
  regions: RegionClients,
  poolId: string,
  region = secondaryRegion,
): Promise<void> => {
  const primary = regions.cognito(primaryRegion)
  await primary.send(new CreateUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: region }))
  await eventually(
    () => statusOf(regions, poolId, primaryRegion, region),
    (status) => status === 'INACTIVE',
  )
  await primary.send(
    new UpdateUserPoolReplicaCommand({ UserPoolId: poolId, RegionName: region, Status: 'ACTIVE' }),
  )
  await eventually(
    () => statusOf(regions, poolId, region, region),
    (status) => status === 'ACTIVE',
  )
}

export type ReplicatedPool = {
  readonly poolId: string
  readonly keyArn: string
  readonly appClientId: string
  readonly machine: { readonly clientId: string; readonly secret: string }
  readonly user: { readonly name: string; readonly password: string }
}

/** A pool with a user, a group, an app client and a machine client, and an ACTIVE replica of it. */
export const makeReplicatedPool = async (regions: RegionClients): Promise<ReplicatedPool> => {
  const keyArn = await makeMultiRegionKey(regions)
  const poolId = await makePool(regions, keyArn)
  const primary = regions.cognito(primaryRegion)
  await primary.send(
    new CreateResourceServerCommand({
      UserPoolId: poolId,
      Identifier: 'api',
      Name: 'api',
      Scopes: [{ ScopeName: 'read', ScopeDescription: 'reading' }],
    }),
  )
  const app = await primary.send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  const machine = await primary.send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'machine',
      GenerateSecret: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['api/read'],
    }),
  )
  const user = { name: 'zebulon', password: 'Unguessable-1' }
  await primary.send(
    new AdminCreateUserCommand({
      UserPoolId: poolId,
      Username: user.name,
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'email', Value: 'zebulon@quarry.example' },
        { Name: 'email_verified', Value: 'true' },
        { Name: 'phone_number', Value: '+15550109876' },
        { Name: 'family_name', Value: 'Quarrymaster' },
      ],
    }),
  )
  await primary.send(
    new AdminSetUserPasswordCommand({
      UserPoolId: poolId,
      Username: user.name,
      Password: user.password,
      Permanent: true,
    }),
  )
  await primary.send(
    new CreateGroupCommand({ UserPoolId: poolId, GroupName: 'stonecutters', Description: 'those who cut' }),
  )
  await makeActiveReplica(regions, poolId)
  return {
    poolId,
    keyArn,
    user,
    appClientId: required(app.UserPoolClient?.ClientId),
    machine: {
      clientId: required(machine.UserPoolClient?.ClientId),
      secret: required(machine.UserPoolClient?.ClientSecret),
    },
  }
}

export const signIn = async (
  regions: RegionClients,
  region: string,
  pool: Pick<ReplicatedPool, 'appClientId' | 'user'>,
  password = pool.user.password,
) => {
  const { AuthenticationResult } = await regions.cognito(region).send(
    new InitiateAuthCommand({
      ClientId: pool.appClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: pool.user.name, PASSWORD: password },
    }),
  )
  return {
    accessToken: required(AuthenticationResult?.AccessToken),
    idToken: required(AuthenticationResult?.IdToken),
    refreshToken: required(AuthenticationResult?.RefreshToken),
  }
}

/** A client_credentials token, or the error's code. */
export const machineToken = async (
  regions: RegionClients,
  region: string,
  machine: ReplicatedPool['machine'],
): Promise<{ readonly accessToken?: string; readonly error?: string }> => {
  const answer = await fetch(`${regions.origins[region]}/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${machine.clientId}:${machine.secret}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const { access_token: accessToken, error } = (await answer.json()) as {
    access_token?: string
    error?: string
  }
  return { ...(accessToken === undefined ? {} : { accessToken }), ...(error === undefined ? {} : { error }) }
}
