// A request that succeeds for each operation on pools and on what belongs to them, made with whatever must be there before.
import type { Input, OperationName } from '../../../src/directory/operation.ts'
import { eventually } from '../../support/regions.ts'
import { secondaryRegion } from '../../support/replicated-pool.ts'
import { required } from './call.ts'
import type { World } from './world.ts'

export type Requests<Names extends OperationName> = {
  readonly [Name in Names]: (world: World) => Promise<Input<Name>>
}

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3])
const links = { 'cognito:default': 'https://quarry.example/terms' }
export const oidc = {
  client_id: 'us',
  client_secret: 'between us',
  attributes_request_method: 'GET',
  oidc_issuer: 'https://login.quarry.example',
  authorize_scopes: 'openid',
  authorize_url: 'https://login.quarry.example/authorize',
  token_url: 'https://login.quarry.example/token',
  attributes_url: 'https://login.quarry.example/userinfo',
  jwks_uri: 'https://login.quarry.example/jwks',
}
export const limitOf = (Category: string) => ({
  LimitClass: 'API_CATEGORY' as const,
  Attributes: { Category },
})

const newClient = async (world: World) => ({
  UserPoolId: world.poolId,
  ClientId: await world.makeClient(world.poolId),
})
/** A client with two secrets, and the ID of the second. */
const clientWithSecrets = async ({ call, poolId, makeClient }: World) => {
  const client = { UserPoolId: poolId, ClientId: await makeClient(poolId, { GenerateSecret: true }) }
  const { ClientSecretDescriptor } = await call('AddUserPoolClientSecret', client)
  return { ...client, ClientSecretId: required(ClientSecretDescriptor?.ClientSecretId) }
}
const newProvider = async ({ call, poolId, newName }: World) => {
  const ProviderName = newName()
  const IdpIdentifiers = [`${ProviderName}.quarry.example`]
  await call('CreateIdentityProvider', {
    UserPoolId: poolId,
    ProviderName,
    ProviderType: 'OIDC',
    ProviderDetails: oidc,
    IdpIdentifiers,
  })
  return { UserPoolId: poolId, ProviderName, IdpIdentifiers }
}
export const providerOf = newProvider
const newResourceServer = async ({ call, poolId, newName }: World) => {
  const server = { UserPoolId: poolId, Identifier: newName(), Name: 'a server' }
  await call('CreateResourceServer', server)
  return server
}
const newDomain = async ({ call, makePoolWith, newName }: World) => {
  const { poolId } = await makePoolWith({})
  const domain = { UserPoolId: poolId, Domain: newName() }
  await call('CreateUserPoolDomain', domain)
  return domain
}
export const newBranding = async (world: World) => {
  const client = await newClient(world)
  const { ManagedLoginBranding } = await world.call('CreateManagedLoginBranding', {
    ...client,
    UseCognitoProvidedValues: true,
  })
  return { ...client, ManagedLoginBrandingId: required(ManagedLoginBranding?.ManagedLoginBrandingId) }
}
export const newTerms = async (world: World) => {
  const terms = {
    ...(await newClient(world)),
    TermsName: 'terms-of-use',
    TermsSource: 'LINK' as const,
    Enforcement: 'NONE' as const,
    Links: links,
  }
  const { Terms } = await world.call('CreateTerms', terms)
  return { ...terms, TermsId: required(Terms?.TermsId) }
}
const importRole = 'arn:aws:iam::000000000000:role/import'
const newImportJob = async ({ call, poolId }: World, UserPoolId = poolId) => {
  const { UserImportJob } = await call('CreateUserImportJob', {
    UserPoolId,
    JobName: 'a job',
    CloudWatchLogsRoleArn: importRole,
  })
  return { url: required(UserImportJob?.PreSignedUrl), UserPoolId, JobId: required(UserImportJob?.JobId) }
}
/** An import job with a file of so many users. */
const uploadedImportJob = async (world: World, userCount: number, poolId = world.poolId) => {
  const { url, UserPoolId, JobId } = await newImportJob(world, poolId)
  const { CSVHeader = [] } = await world.call('GetCSVHeader', { UserPoolId })
  const rows = Array.from({ length: userCount }, (_, index) => {
    const row: Readonly<Record<string, string>> = {
      'cognito:username': `imported-${index}`,
      'cognito:mfa_enabled': 'FALSE',
      email: `imported-${index}@quarry.example`,
      email_verified: 'TRUE',
    }
    return CSVHeader.map((column) => row[column] ?? '').join(',')
  })
  await fetch(url, { method: 'PUT', body: [CSVHeader.join(','), ...rows].join('\r\n') })
  return { UserPoolId, JobId }
}
/** A pool of its own in which an import runs for a while. */
export const runningImportJob = async (world: World) => {
  const { poolId } = await world.makePoolWith({ AutoVerifiedAttributes: ['email'] })
  const job = await uploadedImportJob(world, 600, poolId)
  await world.call('StartUserImportJob', job)
  return job
}
const pool = async ({ poolId }: World) => ({ UserPoolId: poolId })

export const poolRequests = {
  AddCustomAttributes: async ({ poolId, newName }) => ({
    UserPoolId: poolId,
    CustomAttributes: [{ Name: newName(), AttributeDataType: 'String' }],
  }),
  AddUserPoolClientSecret: async ({ poolId, makeClient }) => ({
    UserPoolId: poolId,
    ClientId: await makeClient(poolId, { GenerateSecret: true }),
  }),
  CreateIdentityProvider: async ({ poolId, newName }) => ({
    UserPoolId: poolId,
    ProviderName: newName(),
    ProviderType: 'OIDC',
    ProviderDetails: oidc,
  }),
  CreateManagedLoginBranding: async (world) => ({
    ...(await newClient(world)),
    UseCognitoProvidedValues: true,
  }),
  CreateResourceServer: async ({ poolId, newName }) => ({
    UserPoolId: poolId,
    Identifier: newName(),
    Name: 'a server',
  }),
  CreateTerms: async (world) => ({
    ...(await newClient(world)),
    TermsName: 'privacy-policy',
    TermsSource: 'LINK',
    Enforcement: 'NONE',
    Links: links,
  }),
  CreateUserImportJob: async ({ poolId }) => ({
    UserPoolId: poolId,
    JobName: 'a job',
    CloudWatchLogsRoleArn: importRole,
  }),
  CreateUserPool: async () => ({ PoolName: 'a pool' }),
  CreateUserPoolClient: async ({ poolId }) => ({ UserPoolId: poolId, ClientName: 'a client' }),
  CreateUserPoolDomain: async ({ makePoolWith, newName }) => ({
    UserPoolId: (await makePoolWith({})).poolId,
    Domain: newName(),
  }),
  CreateUserPoolReplica: async ({ keyArn, makePoolWith }) => ({
    UserPoolId: (
      await makePoolWith({ KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: keyArn } })
    ).poolId,
    RegionName: secondaryRegion,
  }),
  DeleteIdentityProvider: async (world) => {
    const { UserPoolId, ProviderName } = await newProvider(world)
    return { UserPoolId, ProviderName }
  },
  DeleteManagedLoginBranding: async (world) => {
    const { UserPoolId, ManagedLoginBrandingId } = await newBranding(world)
    return { UserPoolId, ManagedLoginBrandingId }
  },
  DeleteResourceServer: async (world) => {
    const { UserPoolId, Identifier } = await newResourceServer(world)
    return { UserPoolId, Identifier }
  },
  DeleteTerms: async (world) => {
    const { UserPoolId, TermsId } = await newTerms(world)
    return { UserPoolId, TermsId }
  },
  DeleteUserPool: async ({ makePoolWith }) => ({ UserPoolId: (await makePoolWith({})).poolId }),
  DeleteUserPoolClient: newClient,
  DeleteUserPoolClientSecret: clientWithSecrets,
  DeleteUserPoolDomain: newDomain,
  DeleteUserPoolReplica: async ({ call, callSecondary, keyArn, makePoolWith }) => {
    const { poolId: UserPoolId } = await makePoolWith({
      KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: keyArn },
    })
    const replica = { UserPoolId, RegionName: secondaryRegion }
    await call('CreateUserPoolReplica', replica)
    await eventually(
      () => callSecondary('DescribeUserPool', { UserPoolId }).catch(() => undefined),
      (answer) => answer !== undefined,
    )
    await eventually(
      () => call('ListUserPoolReplicas', { UserPoolId }),
      ({ UserPoolReplicas = [] }) => UserPoolReplicas.some(({ Status }) => Status === 'INACTIVE'),
    )
    return replica
  },
  DescribeIdentityProvider: async (world) => {
    const { UserPoolId, ProviderName } = await newProvider(world)
    return { UserPoolId, ProviderName }
  },
  DescribeManagedLoginBranding: async (world) => {
    const { UserPoolId, ManagedLoginBrandingId } = await newBranding(world)
    return { UserPoolId, ManagedLoginBrandingId }
  },
  DescribeManagedLoginBrandingByClient: async (world) => {
    const { UserPoolId, ClientId } = await newBranding(world)
    return { UserPoolId, ClientId }
  },
  DescribeResourceServer: async (world) => {
    const { UserPoolId, Identifier } = await newResourceServer(world)
    return { UserPoolId, Identifier }
  },
  DescribeRiskConfiguration: pool,
  DescribeTerms: async (world) => {
    const { UserPoolId, TermsId } = await newTerms(world)
    return { UserPoolId, TermsId }
  },
  DescribeTermsByClient: async (world) => {
    const { UserPoolId, ClientId, TermsName } = await newTerms(world)
    return { UserPoolId, ClientId, TermsName }
  },
  DescribeUserImportJob: async (world) => {
    const { UserPoolId, JobId } = await newImportJob(world)
    return { UserPoolId, JobId }
  },
  DescribeUserPool: pool,
  DescribeUserPoolClient: async ({ poolId, clientId }) => ({ UserPoolId: poolId, ClientId: clientId }),
  DescribeUserPoolDomain: async () => ({ Domain: 'walked' }),
  GetCSVHeader: pool,
  GetIdentityProviderByIdentifier: async (world) => {
    const { UserPoolId, IdpIdentifiers } = await newProvider(world)
    return { UserPoolId, IdpIdentifier: IdpIdentifiers[0] }
  },
  GetLogDeliveryConfiguration: pool,
  GetProvisionedLimit: async () => ({ LimitDefinition: limitOf('UserRead') }),
  GetSigningCertificate: pool,
  GetUICustomization: pool,
  GetUserPoolClientSessionConfiguration: async ({ poolId, clientId }) => ({
    UserPoolId: poolId,
    ClientId: clientId,
  }),
  GetUserPoolMfaConfig: pool,
  GetUserPoolSessionConfiguration: pool,
  ListIdentityProviders: pool,
  ListResourceServers: pool,
  ListTagsForResource: async ({ poolArn }) => ({ ResourceArn: poolArn }),
  ListTerms: pool,
  ListUserImportJobs: async ({ poolId }) => ({ UserPoolId: poolId, MaxResults: 10 }),
  ListUserPoolClientSecrets: async ({ poolId, machine }) => ({
    UserPoolId: poolId,
    ClientId: machine.clientId,
  }),
  ListUserPoolClients: pool,
  ListUserPoolReplicas: pool,
  ListUserPools: async () => ({ MaxResults: 10 }),
  SetLogDeliveryConfiguration: async ({ poolId }) => ({ UserPoolId: poolId, LogConfigurations: [] }),
  SetRiskConfiguration: async ({ poolId }) => ({
    UserPoolId: poolId,
    CompromisedCredentialsRiskConfiguration: { Actions: { EventAction: 'NO_ACTION' } },
  }),
  SetUICustomization: async ({ poolId }) => ({ UserPoolId: poolId, ImageFile: png }),
  SetUserPoolClientSessionConfiguration: async ({ poolId, clientId }) => ({
    UserPoolId: poolId,
    ClientId: clientId,
    SSOSession: { MaxValidityMinutes: 60 },
  }),
  SetUserPoolMfaConfig: async ({ makePoolWith }) => ({
    UserPoolId: (await makePoolWith({})).poolId,
    MfaConfiguration: 'OPTIONAL',
    SoftwareTokenMfaConfiguration: { Enabled: true },
  }),
  SetUserPoolSessionConfiguration: async ({ poolId }) => ({
    UserPoolId: poolId,
    UserSessionTracking: 'ENABLED',
    TokenSession: { MaxPerUser: 10 },
  }),
  StartUserImportJob: (world) => uploadedImportJob(world, 0),
  StopUserImportJob: runningImportJob,
  TagResource: async ({ poolArn }) => ({ ResourceArn: poolArn, Tags: { team: 'quarry' } }),
  UntagResource: async ({ poolArn }) => ({ ResourceArn: poolArn, TagKeys: ['none'] }),
  UpdateIdentityProvider: async (world) => {
    const { UserPoolId, ProviderName } = await newProvider(world)
    return { UserPoolId, ProviderName, AttributeMapping: { name: 'display_name' } }
  },
  UpdateManagedLoginBranding: async (world) => {
    const { UserPoolId, ManagedLoginBrandingId } = await newBranding(world)
    return { UserPoolId, ManagedLoginBrandingId, UseCognitoProvidedValues: true }
  },
  UpdateProvisionedLimit: async () => ({
    LimitDefinition: limitOf('UserPoolUpdate'),
    RequestedLimitValue: 1_000,
  }),
  UpdateResourceServer: async (world) => ({ ...(await newResourceServer(world)), Name: 'another name' }),
  UpdateTerms: async (world) => {
    const { UserPoolId, TermsId } = await newTerms(world)
    return { UserPoolId, TermsId, Links: links }
  },
  UpdateUserPool: async ({ makePoolWith }) => ({
    UserPoolId: (await makePoolWith({})).poolId,
    DeletionProtection: 'INACTIVE',
  }),
  UpdateUserPoolClient: async (world) => ({ ...(await newClient(world)), ClientName: 'renamed' }),
  UpdateUserPoolDomain: async (world) => ({ ...(await newDomain(world)), ManagedLoginVersion: 1 }),
  UpdateUserPoolReplica: async ({ inactive }) => ({
    UserPoolId: inactive.poolId,
    RegionName: secondaryRegion,
    Status: 'INACTIVE',
  }),
} as const satisfies Partial<Requests<OperationName>>
