// Importing users from a file, through the AWS SDK and a plain upload, in two Regions.
import { pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import {
  AdminGetUserCommand,
  CreateUserImportJobCommand,
  CreateUserPoolClientCommand,
  DescribeUserImportJobCommand,
  GetCSVHeaderCommand,
  InitiateAuthCommand,
  ListUserImportJobsCommand,
  ListUsersCommand,
  StartUserImportJobCommand,
  StopUserImportJobCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { hash as argon2 } from '@node-rs/argon2'
import { hash as bcrypt } from '@node-rs/bcrypt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, startRegions } from '../support/regions.ts'
import {
  makeActiveReplica,
  makeMultiRegionKey,
  makePool,
  primaryRegion,
  secondaryRegion,
} from '../support/replicated-pool.ts'

let regions: Awaited<ReturnType<typeof startRegions>>
let UserPoolId: string
let ClientId: string
beforeAll(async () => {
  regions = await startRegions()
  const keyArn = await makeMultiRegionKey(regions)
  UserPoolId = await makePool(regions, keyArn, { AutoVerifiedAttributes: ['email'] })
  const { UserPoolClient } = await regions.cognito(primaryRegion).send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  ClientId = UserPoolClient?.ClientId ?? ''
  await makeActiveReplica(regions, UserPoolId)
})
afterAll(() => regions.close())

const primary = () => regions.cognito(primaryRegion)
const makeJob = async (
  more: { PasswordHashingAlgorithm?: 'ARGON2ID' | 'BCRYPT' | 'SCRYPT' | 'PBKDF2_SHA256' } = {},
) => {
  const { UserImportJob } = await primary().send(
    new CreateUserImportJobCommand({
      UserPoolId,
      JobName: 'a job',
      CloudWatchLogsRoleArn: 'arn:aws:iam::000000000000:role/import',
      ...more,
    }),
  )
  return { jobId: UserImportJob?.JobId ?? '', url: UserImportJob?.PreSignedUrl ?? '' }
}
const upload = async (url: string, body: string): Promise<number> =>
  (await fetch(url, { method: 'PUT', body })).status
const start = (JobId: string) => primary().send(new StartUserImportJobCommand({ UserPoolId, JobId }))
const job = async (JobId: string) =>
  (await primary().send(new DescribeUserImportJobCommand({ UserPoolId, JobId }))).UserImportJob
const ended = (JobId: string) =>
  eventually(
    () => job(JobId),
    (one) => one?.CompletionDate !== undefined,
  )

const header = async (): Promise<readonly string[]> =>
  (await primary().send(new GetCSVHeaderCommand({ UserPoolId }))).CSVHeader ?? []

/** A file with these rows, each a record of what is not empty. */
const file = (columns: readonly string[], rows: readonly Record<string, string>[]): string =>
  [
    columns.join(','),
    ...rows.map((row) =>
      columns
        .map((column) => row[column] ?? (column === 'cognito:mfa_enabled' ? 'FALSE' : ''))
        .map((value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
        .join(','),
    ),
  ].join('\r\n')

const person = (name: string, more: Record<string, string> = {}): Record<string, string> => ({
  'cognito:username': name,
  email: `${name}@quarry.example`,
  email_verified: 'TRUE',
  ...more,
})

const userAt = (region: string, Username: string) =>
  regions.cognito(region).send(new AdminGetUserCommand({ UserPoolId, Username }))
const signIn = (region: string, USERNAME: string, PASSWORD: string) =>
  regions.cognito(region).send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD },
    }),
  )

describe('a file of users', () => {
  test('is imported row by row: good ones are there in both Regions, known ones skipped, bad ones counted', async () => {
    const columns = await header()
    expect(columns).toContain('cognito:username')
    const rows = [
      ...Array.from({ length: 120 }, (_, index) => person(`imported-${index}`)),
      person('quoted', { name: 'Quarry, "Ana"', address: 'One\nTwo' }),
      person('imported-5'),
      person('unverified', { email_verified: 'FALSE' }),
      person('no-address', { email: 'no address' }),
      { ...person('nameless'), 'cognito:username': '' },
    ]
    const { jobId, url } = await makeJob()
    await expect(start(jobId)).rejects.toMatchObject({ name: 'PreconditionNotMetException' })
    expect(await upload(url, file(columns, rows))).toBe(200)
    expect((await start(jobId)).UserImportJob?.Status).toBe('Pending')
    expect(await ended(jobId)).toMatchObject({
      Status: 'Succeeded',
      ImportedUsers: 121,
      SkippedUsers: 1,
      FailedUsers: 3,
    })
    await expect(start(jobId)).rejects.toMatchObject({ name: 'PreconditionNotMetException' })
    for (const region of [primaryRegion, secondaryRegion]) {
      const quoted = await eventually(
        () => userAt(region, 'quoted').catch(() => undefined),
        (user) => user !== undefined,
      )
      expect(quoted).toMatchObject({ UserStatus: 'RESET_REQUIRED', Enabled: true })
      expect(quoted?.UserAttributes).toContainEqual({ Name: 'name', Value: 'Quarry, "Ana"' })
      expect(quoted?.UserAttributes).toContainEqual({ Name: 'address', Value: 'One\nTwo' })
    }
    const { Users } = await primary().send(
      new ListUsersCommand({ UserPoolId, Filter: 'username ^= "imported-11"' }),
    )
    expect(Users).toHaveLength(11)
    await expect(signIn(primaryRegion, 'imported-5', 'Whatever-1')).rejects.toMatchObject({
      name: 'PasswordResetRequiredException',
    })
    const { UserImportJobs } = await primary().send(
      new ListUserImportJobsCommand({ UserPoolId, MaxResults: 10 }),
    )
    expect(UserImportJobs?.map(({ JobId }) => JobId)).toContain(jobId)
  })

  test('with another header ends the job as Failed, and says why', async () => {
    const { jobId, url } = await makeJob()
    expect(await upload(url, 'cognito:username,email\nana,ana@quarry.example')).toBe(200)
    await start(jobId)
    expect(await ended(jobId)).toMatchObject({
      Status: 'Failed',
      CompletionMessage: 'The header row has no column name.',
    })
  })

  test('without anybody who can be imported ends the job as Failed', async () => {
    const { jobId, url } = await makeJob()
    expect(await upload(url, file(await header(), [person('unverified', { email_verified: '' })]))).toBe(200)
    await start(jobId)
    expect(await ended(jobId)).toMatchObject({
      Status: 'Failed',
      CompletionMessage: 'Too many users have failed or been skipped during the import.',
      FailedUsers: 1,
    })
  })

  test('goes only to a job’s own URL', async () => {
    const { url } = await makeJob()
    const wrong = new URL(url)
    wrong.searchParams.set('token', 'guessed')
    expect(await upload(wrong.href, 'x')).toBe(403)
    expect(await upload(url.replace(/import-[0-9a-f]{8}/, 'import-00000000'), 'x')).toBe(403)
    const invalid = await fetch(url, { method: 'PUT', body: Uint8Array.from([0xff, 0xfe, 0xfd]) })
    expect(invalid.status).toBe(400)
  })

  test('goes on after a restart, and repeats and leaves out nobody', async () => {
    const columns = await header()
    const count = 1_500
    const rows = Array.from({ length: count }, (_, index) => person(`restart-${index}`))
    const { jobId, url } = await makeJob()
    expect(await upload(url, file(columns, rows))).toBe(200)
    await start(jobId)
    await eventually(
      () => job(jobId),
      (one) => (one?.ImportedUsers ?? 0) > 0,
    )
    await regions.stop(primaryRegion)
    await regions.start(primaryRegion)
    expect(await ended(jobId)).toMatchObject({ Status: 'Succeeded', ImportedUsers: count, SkippedUsers: 0 })
  })

  test('is imported no further once the job is stopped', async () => {
    const columns = await header()
    const rows = Array.from({ length: 3_000 }, (_, index) => person(`stopped-${index}`))
    const { jobId, url } = await makeJob()
    expect(await upload(url, file(columns, rows))).toBe(200)
    await expect(
      primary().send(new StopUserImportJobCommand({ UserPoolId, JobId: jobId })),
    ).rejects.toMatchObject({ name: 'PreconditionNotMetException' })
    await start(jobId)
    await primary().send(new StopUserImportJobCommand({ UserPoolId, JobId: jobId }))
    const over = await ended(jobId)
    expect(over).toMatchObject({
      Status: 'Stopped',
      CompletionMessage: 'The Import Job was stopped by the developer.',
    })
    expect(over?.ImportedUsers ?? 0).toBeLessThan(3_000)
  })
})

describe('a job', () => {
  test('needs an attribute that the pool verifies, and the primary', async () => {
    const bare = await makePool(regions, undefined)
    await expect(
      primary().send(
        new CreateUserImportJobCommand({
          UserPoolId: bare,
          JobName: 'a job',
          CloudWatchLogsRoleArn: 'arn:aws:iam::000000000000:role/import',
        }),
      ),
    ).rejects.toMatchObject({ name: 'PreconditionNotMetException' })
    await expect(
      regions.cognito(secondaryRegion).send(new GetCSVHeaderCommand({ UserPoolId })),
    ).rejects.toMatchObject({ name: 'OperationNotEnabledException' })
    await primary().send(new UpdateUserPoolCommand({ UserPoolId: bare, AutoVerifiedAttributes: ['email'] }))
  })
})

describe('password hashes of elsewhere', () => {
  const password = 'Brought-along-1'
  const salt = randomBytes(16)
  const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
  const hashes = {
    ARGON2ID: () => argon2(password),
    BCRYPT: () => bcrypt(password, 8),
    SCRYPT: async () =>
      `4096$8$1$${salt.toString('hex')}$${scryptSync(password, salt, 32, { N: 4_096, r: 8, p: 1 }).toString('hex')}`,
    PBKDF2_SHA256: async () =>
      `$pbkdf2-sha256$10000$${base64(salt)}$${base64(pbkdf2Sync(password, salt, 10_000, 32, 'sha256'))}`,
  } as const

  test.each(['ARGON2ID', 'BCRYPT', 'SCRYPT', 'PBKDF2_SHA256'] as const)(
    '%s: the password is good in either Region, another one is not, and it stays good',
    async (algorithm) => {
      const name = `hashed-${algorithm.toLowerCase()}`
      const { jobId, url } = await makeJob({ PasswordHashingAlgorithm: algorithm })
      // Those of the guide's sample: with hashes, columns without a value can be left out.
      const columns = ['cognito:username', 'email', 'email_verified', 'password_hash']
      const rows = [
        person(name, { password_hash: await hashes[algorithm]() }),
        person(`${name}-malformed`, { password_hash: '$nothing$' }),
        person(`${name}-without`),
      ]
      expect(await upload(url, file(columns, rows))).toBe(200)
      await start(jobId)
      expect(await ended(jobId)).toMatchObject({ ImportedUsers: 2, FailedUsers: 1 })
      expect((await userAt(primaryRegion, name)).UserStatus).toBe('CONFIRMED')
      expect((await userAt(primaryRegion, `${name}-without`)).UserStatus).toBe('RESET_REQUIRED')
      await eventually(
        () =>
          signIn(secondaryRegion, name, password).then(
            ({ AuthenticationResult }) => AuthenticationResult,
            () => undefined,
          ),
        (tokens) => tokens !== undefined,
      )
      await expect(signIn(primaryRegion, name, 'Another-one-1')).rejects.toMatchObject({
        name: 'NotAuthorizedException',
      })
      expect((await signIn(primaryRegion, name, password)).AuthenticationResult).toBeDefined()
      expect((await signIn(primaryRegion, name, password)).AuthenticationResult).toBeDefined()
    },
  )
})
