// Threat protection settings, log delivery, rate limits, the signing certificate and linked identities of a pool.
import { createSign, createVerify, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { certificateOperations } from '../../src/directory/operations/certificate/operations.ts'
import { identityProviderOperations } from '../../src/directory/operations/identity-provider/operations.ts'
import { limitOperations } from '../../src/directory/operations/limit/operations.ts'
import { linkingOperations } from '../../src/directory/operations/linking/operations.ts'
import { logDeliveryOperations } from '../../src/directory/operations/log-delivery/operations.ts'
import { riskOperations } from '../../src/directory/operations/risk/operations.ts'
import { signingCertificates } from '../../src/directory/records/pool-configuration.ts'
import { startDirectory } from '../support/directory.ts'
import { startUsersDirectory, type UsersDirectory } from '../support/users-directory.ts'

let directory: UsersDirectory
let UserPoolId: string
beforeAll(async () => {
  directory = await startUsersDirectory({
    operations: [
      ...riskOperations,
      ...logDeliveryOperations,
      ...limitOperations,
      ...certificateOperations,
      ...linkingOperations,
      ...identityProviderOperations,
    ],
  })
})
beforeEach(async () => {
  UserPoolId = await directory.makePool()
})
afterAll(() => directory.close())

const refused = (code: string) => ({ code })
const becomeSecondary = () =>
  directory.register(UserPoolId, { role: 'SECONDARY', status: 'ACTIVE', primaryRegion: 'us-west-2' })

describe('threat protection', () => {
  const SourceArn = 'arn:aws:ses:us-east-1:000000000000:identity/alerts@example.com'
  const AccountTakeoverRiskConfiguration = {
    Actions: { HighAction: { Notify: true, EventAction: 'BLOCK' as const } },
    NotifyConfiguration: { SourceArn, From: 'alerts@example.com', ReplyTo: 'help@example.com' },
  }
  const set = (more: Partial<Input<'SetRiskConfiguration'>> = {}) =>
    directory.call('SetRiskConfiguration', { UserPoolId, AccountTakeoverRiskConfiguration, ...more })
  const get = async (ClientId?: string) =>
    (await directory.call('DescribeRiskConfiguration', { UserPoolId, ClientId })).RiskConfiguration
  beforeEach(async () => {
    UserPoolId = await directory.makePool({
      UserPoolTier: 'PLUS',
      UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
    })
  })

  test('is set for all clients or for one, and what is left out is set no longer', async () => {
    expect(await get()).toEqual({ UserPoolId })
    const Skipped = { SkippedIPRangeList: ['192.0.2.0/24', '2001:db8::/32'] }
    const { RiskConfiguration } = await set({ RiskExceptionConfiguration: Skipped })
    expect(RiskConfiguration).toMatchObject({
      UserPoolId,
      AccountTakeoverRiskConfiguration,
      RiskExceptionConfiguration: Skipped,
    })
    expect(await get()).toEqual(RiskConfiguration)
    await set()
    expect((await get())?.RiskExceptionConfiguration).toBeUndefined()
    const { UserPoolClient } = await directory.call('CreateUserPoolClient', { UserPoolId, ClientName: 'c' })
    const ClientId = UserPoolClient?.ClientId
    expect(await get(ClientId)).toEqual({ UserPoolId, ClientId })
    const compromised = { Actions: { EventAction: 'BLOCK' as const } }
    await set({ ClientId, CompromisedCredentialsRiskConfiguration: compromised })
    expect(await get(ClientId)).toMatchObject({ CompromisedCredentialsRiskConfiguration: compromised })
  })

  test('needs to be on, notifiers for notices, real address ranges and real clients', async () => {
    await expect(
      set({ AccountTakeoverRiskConfiguration: { Actions: AccountTakeoverRiskConfiguration.Actions } }),
    ).rejects.toMatchObject(refused('InvalidParameterException'))
    await expect(
      set({ RiskExceptionConfiguration: { BlockedIPRangeList: ['192.0.2.0/40'] } }),
    ).rejects.toMatchObject(refused('InvalidParameterException'))
    await expect(set({ ClientId: '0'.repeat(26) })).rejects.toMatchObject(
      refused('ResourceNotFoundException'),
    )
    UserPoolId = await directory.makePool()
    await expect(set()).rejects.toMatchObject(refused('UserPoolAddOnNotEnabledException'))
    await expect(get()).rejects.toMatchObject(refused('UserPoolAddOnNotEnabledException'))
  })

  test('on a secondary only the notifier is its own', async () => {
    await set()
    await becomeSecondary()
    const own = { SourceArn: SourceArn.replace('us-east-1', 'us-west-2'), From: 'west@example.com' }
    const notifyWith = (change: object) => ({
      ...AccountTakeoverRiskConfiguration,
      NotifyConfiguration: { ...AccountTakeoverRiskConfiguration.NotifyConfiguration, ...change },
    })
    const { RiskConfiguration } = await set({ AccountTakeoverRiskConfiguration: notifyWith(own) })
    expect(RiskConfiguration?.AccountTakeoverRiskConfiguration).toEqual(notifyWith(own))
    expect(await get()).toEqual(RiskConfiguration)
    await expect(
      set({ AccountTakeoverRiskConfiguration: notifyWith({ ReplyTo: 'else@example.com' }) }),
    ).rejects.toMatchObject(refused('InvalidParameterException'))
  })
})

describe('log delivery', () => {
  const LogGroupArn = 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/pool'
  const notifications = {
    EventSource: 'userNotification' as const,
    LogLevel: 'ERROR' as const,
    CloudWatchLogsConfiguration: { LogGroupArn },
  }
  const events = {
    EventSource: 'userAuthEvents' as const,
    LogLevel: 'INFO' as const,
    S3Configuration: { BucketArn: 'arn:aws:s3:::logs' },
  }
  const set = (...LogConfigurations: Input<'SetLogDeliveryConfiguration'>['LogConfigurations'] & object) =>
    directory.call('SetLogDeliveryConfiguration', { UserPoolId, LogConfigurations })
  const get = async () =>
    (await directory.call('GetLogDeliveryConfiguration', { UserPoolId })).LogDeliveryConfiguration

  test('is set and read, here and on a secondary, each for itself', async () => {
    expect(await get()).toEqual({ UserPoolId, LogConfigurations: [] })
    await set(notifications)
    expect(await get()).toEqual({ UserPoolId, LogConfigurations: [notifications] })
    await becomeSecondary()
    await set()
    expect(await get()).toEqual({ UserPoolId, LogConfigurations: [] })
  })

  test('needs the level and a destination of its source, and the PLUS tier for events', async () => {
    await expect(set(events)).rejects.toMatchObject(refused('FeatureUnavailableInTierException'))
    await expect(set(notifications, notifications)).rejects.toMatchObject(
      refused('InvalidParameterException'),
    )
    await expect(set({ ...notifications, LogLevel: 'INFO' })).rejects.toMatchObject(
      refused('InvalidParameterException'),
    )
    await expect(
      set({ EventSource: 'userNotification', LogLevel: 'ERROR', S3Configuration: events.S3Configuration }),
    ).rejects.toMatchObject(refused('InvalidParameterException'))
    UserPoolId = await directory.makePool({ UserPoolTier: 'PLUS' })
    await set(events, notifications)
  })

  test.each([
    { ...notifications, CloudWatchLogsConfiguration: {} },
    ...[
      'arn:aws:logs:us-east-1:000000000000:log-stream:pool',
      'arn:aws:firehose:us-east-1:000000000000:deliverystream/pool',
      // Of another account.
      'arn:aws:logs:us-east-1:111122223333:log-group:pool',
    ].map((arn) => ({ ...notifications, CloudWatchLogsConfiguration: { LogGroupArn: arn } })),
    { ...events, S3Configuration: { BucketArn: 'arn:aws:s3:::Not_a_bucket' } },
    { ...events, S3Configuration: undefined, FirehoseConfiguration: { StreamArn: LogGroupArn } },
    { ...events, CloudWatchLogsConfiguration: { LogGroupArn } },
    { ...events, S3Configuration: undefined },
  ])('refuses what is not one destination of the source: %j', async (configuration) => {
    UserPoolId = await directory.makePool({ UserPoolTier: 'PLUS' })
    await expect(set(configuration)).rejects.toMatchObject(refused('InvalidParameterException'))
    expect(await get()).toEqual({ UserPoolId, LogConfigurations: [] })
  })

  test('that this Region has no endpoint for is kept, and the Region says once that nothing goes there', async () => {
    const said: unknown[] = []
    const log = { warn: (fields: unknown) => void said.push(fields) } as never
    const logs = { reaches: (kind: string) => kind === 's3', deliver: () => undefined }
    const other = await startDirectory({
      operations: logDeliveryOperations,
      runtimeWith: () => ({ log, logs }),
    })
    try {
      const pool = await other.makePool({ UserPoolTier: 'PLUS' })
      await other.call('SetLogDeliveryConfiguration', {
        UserPoolId: pool,
        LogConfigurations: [notifications, events],
      })
      expect(said).toEqual([{ poolId: pool, source: 'userNotification', destination: 'cloudWatchLogs' }])
    } finally {
      await other.close()
    }
  })
})

describe('rate limits', () => {
  const definition = (Category: string) => ({
    LimitClass: 'API_CATEGORY' as const,
    Attributes: { Category },
  })
  const update = (Category: string, RequestedLimitValue: number) =>
    directory.call('UpdateProvisionedLimit', { LimitDefinition: definition(Category), RequestedLimitValue })
  const get = async (Category: string) =>
    (await directory.call('GetProvisionedLimit', { LimitDefinition: definition(Category) })).Limit
  const describePool = () => directory.call('DescribeUserPool', { UserPoolId })

  test('are Amazon’s defaults to look at, and in force once they are set', async () => {
    expect(await get('UserPoolRead')).toEqual({
      LimitDefinition: definition('UserPoolRead'),
      FreeLimitValue: 15,
      ProvisionedLimitValue: 15,
    })
    for (let count = 0; count < 40; count += 1) await describePool()
    expect((await update('UserPoolRead', 3)).Limit).toMatchObject({
      FreeLimitValue: 15,
      ProvisionedLimitValue: 3,
    })
    const answers = await Promise.allSettled(Array.from({ length: 10 }, describePool))
    const isRefused = answers.filter(({ status }) => status === 'rejected')
    // Some tokens may have come back while the ten were on their way.
    expect(isRefused.length).toBeGreaterThanOrEqual(5)
    expect(isRefused[0]).toMatchObject({ reason: { code: 'TooManyRequestsException' } })
    directory.pass(1_000)
    await describePool()
    // Other categories are not touched.
    await directory.call('ListUserPoolClients', { UserPoolId })
    await update('UserPoolRead', 1_000)
    directory.pass(1_000)
    for (let count = 0; count < 40; count += 1) await describePool()
  })

  test('must be whole, within reason, and of a category that there is', async () => {
    await expect(update('UserPoolRead', 0)).rejects.toMatchObject(refused('InvalidParameterException'))
    await expect(update('UserPoolRead', 2.5)).rejects.toMatchObject(refused('InvalidParameterException'))
    await expect(update('UserPoolRead', 1e9)).rejects.toMatchObject(refused('ServiceQuotaExceededException'))
    await expect(get('Nothing')).rejects.toMatchObject(refused('ResourceNotFoundException'))
    await expect(
      directory.call('GetProvisionedLimit', {
        LimitDefinition: { LimitClass: 'API_CATEGORY', Attributes: { Kind: 'UserRead' } },
      }),
    ).rejects.toMatchObject(refused('InvalidParameterException'))
  })
})

describe('the signing certificate', () => {
  test('is made once, is the pool’s, and certifies the key that is kept', async () => {
    const first = await directory.call('GetSigningCertificate', { UserPoolId })
    expect(await directory.call('GetSigningCertificate', { UserPoolId })).toEqual(first)
    const certificate = new X509Certificate(Buffer.from(first.Certificate ?? '', 'base64'))
    expect(certificate.subject).toBe(`CN=${UserPoolId}`)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    const kept = await directory.vault.pool(UserPoolId).primary.get(signingCertificates, UserPoolId)
    const signature = createSign('sha256')
      .update('a request')
      .sign({ key: Buffer.from(kept?.value.privateKey ?? '', 'base64'), format: 'der', type: 'pkcs8' })
    expect(createVerify('sha256').update('a request').verify(certificate.publicKey, signature)).toBe(true)
  })

  test('is read on a secondary, which makes none', async () => {
    await becomeSecondary()
    await expect(directory.call('GetSigningCertificate', { UserPoolId })).rejects.toMatchObject(
      refused('OperationNotEnabledException'),
    )
  })
})

describe('linked identities', () => {
  const link = (userId: string, username = 'ana', more: object = {}) =>
    directory.call('AdminLinkProviderForUser', {
      UserPoolId,
      DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: username },
      SourceUser: {
        ProviderName: 'Corp',
        ProviderAttributeName: 'Cognito_Subject',
        ProviderAttributeValue: userId,
        ...more,
      },
    })
  const unlink = (ProviderName: string, ProviderAttributeValue: string) =>
    directory.call('AdminDisableProviderForUser', {
      UserPoolId,
      User: { ProviderName, ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue },
    })
  const identitiesOf = async (Username = 'ana') => {
    const { UserAttributes = [] } = await directory.call('AdminGetUser', { UserPoolId, Username })
    const found = UserAttributes.find(({ Name }) => Name === 'identities')?.Value
    return found === undefined ? undefined : (JSON.parse(found) as { userId: string }[])
  }
  beforeEach(async () => {
    await directory.call('CreateIdentityProvider', {
      UserPoolId,
      ProviderName: 'Corp',
      ProviderType: 'OIDC',
      ProviderDetails: {
        client_id: 'id',
        attributes_request_method: 'GET',
        authorize_scopes: 'openid',
        oidc_issuer: 'https://corp.example',
      },
    })
    for (const Username of ['ana', 'bo'])
      await directory.call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
  })

  test('are shown with the user, unlinked one by one, and can then be another user’s', async () => {
    await link('one')
    await link('two')
    expect(await identitiesOf()).toMatchObject([
      { userId: 'one', providerName: 'Corp', providerType: 'OIDC', primary: false },
      { userId: 'two' },
    ])
    await unlink('Corp', 'one')
    expect((await identitiesOf())?.map(({ userId }) => userId)).toEqual(['two'])
    await link('one', 'bo')
    await unlink('Corp', 'two')
    expect(await identitiesOf()).toBeUndefined()
    await expect(unlink('Corp', 'two')).rejects.toMatchObject(refused('UserNotFoundException'))
  })

  test('are one user’s alone, of a provider that there is, five at most', async () => {
    await link('one')
    await expect(link('one')).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: 'SourceUser is already linked to DestinationUser',
    })
    await expect(link('one', 'bo')).rejects.toMatchObject(refused('AliasExistsException'))
    await expect(link('two', 'nobody')).rejects.toMatchObject(refused('UserNotFoundException'))
    await expect(link('two', 'ana', { ProviderName: 'Nobody' })).rejects.toMatchObject(
      refused('InvalidParameterException'),
    )
    for (const id of ['two', 'three', 'four', 'five']) await link(id)
    await expect(link('six')).rejects.toMatchObject(refused('LimitExceededException'))
  })

  test('are linked to who signed in elsewhere first, and never one who has a profile of their own', async () => {
    await directory.call('AdminCreateUser', { UserPoolId, Username: 'Corp_one', MessageAction: 'SUPPRESS' })
    await expect(link('one')).rejects.toMatchObject(refused('InvalidParameterException'))
    await directory.call('AdminLinkProviderForUser', {
      UserPoolId,
      DestinationUser: { ProviderName: 'Corp', ProviderAttributeValue: 'one' },
      SourceUser: {
        ProviderName: 'Corp',
        ProviderAttributeName: 'Cognito_Subject',
        ProviderAttributeValue: 'two',
      },
    })
    expect(await identitiesOf('Corp_one')).toMatchObject([{ userId: 'two' }])
  })

  test('go with their user', async () => {
    await link('one')
    await directory.call('AdminDeleteUser', { UserPoolId, Username: 'ana' })
    await link('one', 'bo')
    expect((await identitiesOf('bo'))?.length).toBe(1)
  })

  test('are linked at the primary only', async () => {
    await becomeSecondary()
    await expect(link('one')).rejects.toMatchObject(refused('OperationNotEnabledException'))
    await expect(unlink('Corp', 'one')).rejects.toMatchObject(refused('OperationNotEnabledException'))
  })
})
