// What provokes the errors of operations on pools and on what belongs to them that no shared rule gives.
import { limitOf, newBranding, newTerms, oidc, runningImportJob } from './pool-requests.ts'
import type { Rows } from './rows.ts'
import type { World } from './world.ts'

const lite = async ({ lite: { poolId, clientId } }: World) => ({ UserPoolId: poolId, ClientId: clientId })
const plain = async ({ plain: { poolId } }: World) => ({ UserPoolId: poolId })
const reservedTags = { 'aws:own': 'no' }
const passwordless = {
  SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] },
}
const machineFlow = {
  AllowedOAuthFlows: ['client_credentials' as const],
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthScopes: ['api/read'],
}
const unknownScope = { AllowedOAuthScopes: ['api/none'] }
/** As many as a pool may have of something. */
const repeated = async (count: number, make: (index: number) => Promise<unknown>): Promise<void> => {
  await Promise.all(Array.from({ length: count }, (_, index) => make(index)))
}

export const poolCases: Rows = {
  AddCustomAttributes: {
    UserImportInProgressException: {
      provoke: async (world, request) => ({
        ...request,
        UserPoolId: (await runningImportJob(world)).UserPoolId,
      }),
    },
  },
  AddUserPoolClientSecret: {
    LimitExceededException: {
      provoke: async ({ call, poolId, makeClient }) => {
        const client = { UserPoolId: poolId, ClientId: await makeClient(poolId, { GenerateSecret: true }) }
        await call('AddUserPoolClientSecret', client)
        return client
      },
    },
  },
  CreateIdentityProvider: {
    DuplicateProviderException: {
      provoke: async ({ call, newName }, request) => {
        const provider = { ...request, ProviderName: newName() }
        await call('CreateIdentityProvider', provider)
        return provider
      },
    },
    LimitExceededException: {
      provoke: async (world) => {
        const { call } = world
        const { UserPoolId } = await plain(world)
        const named = (index: number) => ({
          UserPoolId,
          ProviderName: `provider-${index}`,
          ProviderType: 'OIDC' as const,
          ProviderDetails: oidc,
        })
        await repeated(300, (index) => call('CreateIdentityProvider', named(index)))
        return named(300)
      },
    },
  },
  CreateManagedLoginBranding: {
    ManagedLoginBrandingExistsException: {
      provoke: async (world) => {
        const { UserPoolId, ClientId } = await newBranding(world)
        return { UserPoolId, ClientId, UseCognitoProvidedValues: true }
      },
    },
  },
  CreateResourceServer: {
    LimitExceededException: {
      provoke: async (world) => {
        const { UserPoolId } = await plain(world)
        const named = (index: number) => ({ UserPoolId, Identifier: `server-${index}`, Name: 'a server' })
        await repeated(25, (index) => world.call('CreateResourceServer', named(index)))
        return named(25)
      },
    },
  },
  CreateTerms: {
    TermsExistsException: {
      provoke: async (world) => {
        const { TermsId: _, ...terms } = await newTerms(world)
        return terms
      },
    },
  },
  CreateUserImportJob: {
    LimitExceededException: {
      provoke: async (world, request) => {
        const job = { ...request, ...(await plain(world)) }
        await repeated(50, () => world.call('CreateUserImportJob', job))
        return job
      },
    },
    PreconditionNotMetException: {
      provoke: async ({ makePoolWith }, request) => {
        const { poolId } = await makePoolWith({ AutoVerifiedAttributes: [] })
        return { ...request, UserPoolId: poolId }
      },
    },
  },
  CreateUserPool: {
    FeatureUnavailableInTierException: {
      provoke: async (_, request) => ({ ...request, UserPoolTier: 'LITE', Policies: passwordless }),
    },
    UserPoolTaggingException: { provoke: async (_, request) => ({ ...request, UserPoolTags: reservedTags }) },
  },
  CreateUserPoolClient: {
    LimitExceededException: {
      elsewhere: 'test/guarantees/operations-failures.test.ts',
      because: 'as many as a pool can have take too long to make',
    },
    FeatureUnavailableInTierException: {
      provoke: async (world, request) => ({
        ...request,
        UserPoolId: (await lite(world)).UserPoolId,
        ExplicitAuthFlows: ['ALLOW_USER_AUTH'],
      }),
    },
    InvalidOAuthFlowException: { provoke: async (_, request) => ({ ...request, ...machineFlow }) },
    ScopeDoesNotExistException: { provoke: async (_, request) => ({ ...request, ...unknownScope }) },
  },
  CreateUserPoolDomain: {
    FeatureUnavailableInTierException: {
      provoke: async (world, request) => ({
        ...request,
        UserPoolId: (await lite(world)).UserPoolId,
        ManagedLoginVersion: 2,
      }),
    },
  },
  CreateUserPoolReplica: {
    UserPoolTaggingException: { provoke: async (_, request) => ({ ...request, UserPoolTags: reservedTags }) },
    FeatureUnavailableInTierException: {
      provoke: async (world, request) => ({ ...request, UserPoolId: (await lite(world)).UserPoolId }),
    },
    LimitExceededException: {
      elsewhere: 'test/replication/replica-prerequisites.test.ts',
      because: 'a pool with as many replicas as there can be needs as many Regions',
    },
  },
  DeleteUserPool: {
    UserImportInProgressException: {
      provoke: async (world) => ({ UserPoolId: (await runningImportJob(world)).UserPoolId }),
    },
  },
  DescribeRiskConfiguration: { UserPoolAddOnNotEnabledException: { provoke: plain } },
  GetProvisionedLimit: {
    ResourceNotFoundException: { provoke: async () => ({ LimitDefinition: limitOf('Missing') }) },
  },
  SetLogDeliveryConfiguration: {
    FeatureUnavailableInTierException: {
      provoke: async (world) => ({
        ...(await plain(world)),
        LogConfigurations: [
          {
            EventSource: 'userAuthEvents',
            LogLevel: 'INFO',
            CloudWatchLogsConfiguration: {
              LogGroupArn: 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/pool',
            },
          },
        ],
      }),
    },
  },
  SetRiskConfiguration: {
    UserPoolAddOnNotEnabledException: {
      provoke: async (world, request) => ({ ...request, ...(await plain(world)) }),
    },
  },
  SetUserPoolClientSessionConfiguration: {
    FeatureUnavailableInTierException: {
      provoke: async (world, request) => ({ ...request, ...(await lite(world)) }),
    },
  },
  SetUserPoolMfaConfig: {
    FeatureUnavailableInTierException: {
      provoke: async (world, request) => ({
        ...request,
        UserPoolId: (await lite(world)).UserPoolId,
        EmailMfaConfiguration: { Message: 'Code {####}', Subject: 'Sign in' },
      }),
    },
  },
  SetUserPoolSessionConfiguration: {
    FeatureUnavailableInTierException: {
      provoke: async (world, request) => ({ ...request, UserPoolId: (await lite(world)).UserPoolId }),
    },
  },
  StartUserImportJob: {
    PreconditionNotMetException: {
      provoke: async ({ call, poolId }) => {
        const { UserImportJob } = await call('CreateUserImportJob', {
          UserPoolId: poolId,
          JobName: 'a job without a file',
          CloudWatchLogsRoleArn: 'arn:aws:iam::000000000000:role/import',
        })
        return { UserPoolId: poolId, JobId: UserImportJob?.JobId }
      },
    },
  },
  StopUserImportJob: {
    PreconditionNotMetException: {
      provoke: async ({ call, poolId }) => {
        const { UserImportJob } = await call('CreateUserImportJob', {
          UserPoolId: poolId,
          JobName: 'a job that was not started',
          CloudWatchLogsRoleArn: 'arn:aws:iam::000000000000:role/import',
        })
        return { UserPoolId: poolId, JobId: UserImportJob?.JobId }
      },
    },
  },
  UpdateProvisionedLimit: {
    ResourceNotFoundException: {
      provoke: async (_, request) => ({ ...request, LimitDefinition: limitOf('Missing') }),
    },
    ServiceQuotaExceededException: {
      provoke: async (_, request) => ({ ...request, RequestedLimitValue: 1_000_001 }),
    },
  },
  UpdateTerms: {
    TermsExistsException: {
      provoke: async (world) => {
        const { TermsId, ...terms } = await newTerms(world)
        await world.call('CreateTerms', { ...terms, TermsName: 'privacy-policy' })
        return { UserPoolId: terms.UserPoolId, TermsId, TermsName: 'privacy-policy' }
      },
    },
  },
  UpdateUserPool: {
    FeatureUnavailableInTierException: {
      provoke: async (_, request) => ({ ...request, UserPoolTier: 'LITE', Policies: passwordless }),
    },
    UserImportInProgressException: {
      provoke: async (world) => ({ UserPoolId: (await runningImportJob(world)).UserPoolId }),
    },
    UserPoolTaggingException: { provoke: async (_, request) => ({ ...request, UserPoolTags: reservedTags }) },
  },
  UpdateUserPoolClient: {
    FeatureUnavailableInTierException: {
      provoke: async (world) => ({ ...(await lite(world)), ExplicitAuthFlows: ['ALLOW_USER_AUTH'] }),
    },
    InvalidOAuthFlowException: { provoke: async (_, request) => ({ ...request, ...machineFlow }) },
    ScopeDoesNotExistException: { provoke: async (_, request) => ({ ...request, ...unknownScope }) },
  },
  UpdateUserPoolDomain: {
    FeatureUnavailableInTierException: {
      provoke: async (world) => {
        const { UserPoolId } = await lite(world)
        const domain = { UserPoolId, Domain: world.newName() }
        await world.call('CreateUserPoolDomain', domain)
        return { ...domain, ManagedLoginVersion: 2 }
      },
    },
  },
}
