// Threat protection: events of users, how risky they are, what is done about it, and what users and administrators say of them.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AccountTakeoverEventActionType,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminListUserAuthEventsCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateAuthEventFeedbackCommand,
  type AuthEventType,
  ChangePasswordCommand,
  CreateUserPoolClientCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  SetRiskConfigurationCommand,
  SetUserPoolMfaConfigCommand,
  SignUpCommand,
  UpdateAuthEventFeedbackCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lastMessage } from '../support/region-inbox.ts'
import { eventually, startRegions } from '../support/regions.ts'
import { makeActiveReplica, makeMultiRegionKey, makePool } from '../support/replicated-pool.ts'
import { clientClaim, newSrpClient } from '../support/srp-client.ts'

const east = 'us-east-1'
const west = 'us-west-2'
const password = 'Unguessable-1'
const leaked = 'Leaked-Before-1'
const alsoLeaked = 'Leaked-Before-2'
const folder = mkdtempSync(join(tmpdir(), 'twinpool-threat-'))
const list = join(folder, 'passwords.txt')
let regions: Awaited<ReturnType<typeof startRegions>>
let UserPoolId: string
let ClientId: string

beforeAll(async () => {
  const hashed = createHash('sha1').update(alsoLeaked).digest('hex').toUpperCase()
  writeFileSync(list, `${leaked}\r\n${hashed}:17\n`)
  regions = await startRegions([east, west], { compromisedPasswordsFile: list })
  UserPoolId = await makePool(regions, await makeMultiRegionKey(regions), {
    UserPoolTier: 'PLUS',
    UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
  })
  await cognito().send(
    new SetUserPoolMfaConfigCommand({
      UserPoolId,
      MfaConfiguration: 'OPTIONAL',
      SoftwareTokenMfaConfiguration: { Enabled: true },
      EmailMfaConfiguration: {},
    }),
  )
  const { UserPoolClient } = await cognito().send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'app',
      ExplicitAuthFlows: [
        'ALLOW_USER_PASSWORD_AUTH',
        'ALLOW_ADMIN_USER_PASSWORD_AUTH',
        'ALLOW_USER_SRP_AUTH',
        'ALLOW_REFRESH_TOKEN_AUTH',
      ],
    }),
  )
  ClientId = UserPoolClient?.ClientId ?? ''
  await makeActiveReplica(regions, UserPoolId)
})
afterAll(async () => {
  await regions.close()
  rmSync(folder, { recursive: true })
})

const cognito = (region = east) => regions.cognito(region)

const makeUser = async (Username: string, Password = password): Promise<string> => {
  await cognito().send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username,
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'email', Value: `${Username}@quarry.example` },
        { Name: 'email_verified', Value: 'true' },
      ],
    }),
  )
  await cognito().send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }))
  return Username
}

/** As Amplify's context data library encodes what it knows of the device. */
const deviceNamed = (DeviceName: string): string =>
  Buffer.from(
    JSON.stringify({
      payload: JSON.stringify({ contextData: { DeviceName } }),
      signature: '',
      version: 'JS',
    }),
  ).toString('base64')

type From = { readonly ip: string; readonly device?: string }
const home: From = { ip: '192.0.2.10', device: 'laptop' }
const abroad: From = { ip: '198.51.100.20', device: 'unknown phone' }

const signIn = (USERNAME: string, { ip, device }: From, PASSWORD = password, region = east) =>
  cognito(region).send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD },
      UserContextData: {
        IpAddress: ip,
        ...(device === undefined ? {} : { EncodedData: deviceNamed(device) }),
      },
    }),
  )

const eventsOf = async (Username: string, region = east): Promise<readonly AuthEventType[]> => {
  const { AuthEvents } = await cognito(region).send(
    new AdminListUserAuthEventsCommand({ UserPoolId, Username }),
  )
  return AuthEvents ?? []
}

const setActions = (High: AccountTakeoverEventActionType, Medium: AccountTakeoverEventActionType) =>
  cognito().send(
    new SetRiskConfigurationCommand({
      UserPoolId,
      AccountTakeoverRiskConfiguration: {
        NotifyConfiguration: {
          SourceArn: 'arn:aws:ses:us-east-1:000000000000:identity/quarry.example',
          BlockEmail: {
            Subject: 'Blocked: {username}',
            HtmlBody: '<p>{device-name} at {ip-address}</p>',
          },
          NoActionEmail: { Subject: 'Seen', TextBody: '{one-click-link-valid} {one-click-link-invalid}' },
        },
        Actions: {
          HighAction: { EventAction: High, Notify: true },
          MediumAction: { EventAction: Medium, Notify: true },
          LowAction: { EventAction: 'NO_ACTION', Notify: false },
        },
      },
      CompromisedCredentialsRiskConfiguration: { Actions: { EventAction: 'BLOCK' } },
      RiskExceptionConfiguration: {
        BlockedIPRangeList: ['203.0.113.0/24'],
        SkippedIPRangeList: ['2001:db8::/32'],
      },
    }),
  )

test('a sign-in, a failure and a password change are events, newest first, with where they came from', async () => {
  const name = await makeUser('recorded')
  await expect(signIn(name, home, 'Wrong-pass-1')).rejects.toThrow('Incorrect username or password.')
  const { AuthenticationResult } = await signIn(name, home)
  await cognito().send(
    new ChangePasswordCommand({
      AccessToken: AuthenticationResult?.AccessToken,
      PreviousPassword: password,
      ProposedPassword: 'Unguessable-2',
    }),
  )
  const [change, right, wrong, ...more] = await eventsOf(name)
  expect(more).toEqual([])
  expect(change).toMatchObject({ EventType: 'PasswordChange', EventResponse: 'Pass' })
  expect(right).toMatchObject({
    EventType: 'SignIn',
    EventResponse: 'Pass',
    EventRisk: { RiskDecision: 'NoRisk' },
    ChallengeResponses: [{ ChallengeName: 'Password', ChallengeResponse: 'Success' }],
    EventContextData: { IpAddress: '192.0.2.10', DeviceName: 'laptop' },
  })
  expect(wrong).toMatchObject({
    EventResponse: 'Fail',
    ChallengeResponses: [{ ChallengeName: 'Password', ChallengeResponse: 'Failure' }],
  })
  expect(Math.abs((right?.CreationDate?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
})

test('a sign-in of several steps is one event; a server’s context data counts', async () => {
  const name = await makeUser('steps')
  const srp = newSrpClient(UserPoolId)
  const { ChallengeParameters: asked = {}, Session } = await cognito().send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: name, SRP_A: srp.clientPublic },
    }),
  )
  expect((await eventsOf(name))[0]).toMatchObject({ EventResponse: 'InProgress', ChallengeResponses: [] })
  const timestamp = 'Mon Nov 23 12:00:00 UTC 2026'
  const claim = await clientClaim(srp, {
    username: name,
    password,
    serverPublic: asked.SRP_B ?? '',
    salt: asked.SALT ?? '',
    secretBlock: Buffer.from(asked.SECRET_BLOCK ?? '', 'base64'),
    timestamp,
  })
  await cognito().send(
    new RespondToAuthChallengeCommand({
      ClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      Session,
      ChallengeResponses: {
        USERNAME: name,
        PASSWORD_CLAIM_SECRET_BLOCK: asked.SECRET_BLOCK ?? '',
        PASSWORD_CLAIM_SIGNATURE: claim.toString('base64'),
        TIMESTAMP: timestamp,
      },
    }),
  )
  const [event, ...more] = await eventsOf(name)
  expect(more).toEqual([])
  expect(event).toMatchObject({
    EventResponse: 'Pass',
    ChallengeResponses: [{ ChallengeName: 'Password', ChallengeResponse: 'Success' }],
  })
  await cognito().send(
    new AdminInitiateAuthCommand({
      UserPoolId,
      ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: name, PASSWORD: password },
      ContextData: {
        IpAddress: '192.0.2.77',
        ServerName: 'app.quarry.example',
        ServerPath: '/login',
        HttpHeaders: [{ headerName: 'User-Agent', headerValue: 'quarry/1.0' }],
      },
    }),
  )
  expect((await eventsOf(name))[0]?.EventContextData).toEqual({
    IpAddress: '192.0.2.77',
    DeviceName: 'quarry/1.0',
  })
})

test('pages follow each other, and a stranger’s token is refused', async () => {
  const name = await makeUser('pages')
  for (let count = 0; count < 5; count += 1) await signIn(name, home)
  const list = (NextToken?: string) =>
    cognito().send(
      new AdminListUserAuthEventsCommand({ UserPoolId, Username: name, MaxResults: 2, NextToken }),
    )
  const seen: (string | undefined)[] = []
  let next: string | undefined
  do {
    const page = await list(next)
    seen.push(...(page.AuthEvents ?? []).map(({ EventId }) => EventId))
    next = page.NextToken
  } while (next !== undefined)
  expect(seen).toEqual((await eventsOf(name)).map(({ EventId }) => EventId))
  expect(new Set(seen).size).toBe(5)
  await expect(list('nothing')).rejects.toMatchObject({ name: 'InvalidParameterException' })
})

test('a new address and a new device are a medium risk: the action is taken and the user is told', async () => {
  await setActions('BLOCK', 'BLOCK')
  const name = await makeUser('traveller')
  await signIn(name, home)
  await signIn(name, { ...home, ip: '192.0.2.11' })
  expect((await eventsOf(name))[0]?.EventRisk).toEqual({ RiskDecision: 'AccountTakeover', RiskLevel: 'Low' })
  await expect(signIn(name, abroad)).rejects.toMatchObject({
    name: 'NotAuthorizedException',
    message: 'Unable to login because of security reasons.',
  })
  expect((await eventsOf(name))[0]).toMatchObject({
    EventResponse: 'Fail',
    EventRisk: { RiskDecision: 'Block', RiskLevel: 'Medium' },
  })
  expect(await lastMessage(regions, UserPoolId, `${name}@quarry.example`)).toMatchObject({
    subject: `Blocked: ${name}`,
    body: '<p>unknown phone at 198.51.100.20</p>',
  })
  // With a wrong password nobody learns of the risk.
  await expect(signIn(name, abroad, 'Wrong-pass-1')).rejects.toThrow('Incorrect username or password.')
})

test('a notice’s links say whose doing it was; what was nobody’s doing is a high risk from then on', async () => {
  await setActions('BLOCK', 'NO_ACTION')
  const name = await makeUser('noticed')
  await signIn(name, home)
  await signIn(name, abroad)
  const { body } = await lastMessage(regions, UserPoolId, `${name}@quarry.example`)
  const [valid = '', invalid = ''] = body.split(' ')
  const local = (link: string): string =>
    `${regions.origins[east]}${new URL(link).pathname}${new URL(link).search}`
  expect((await fetch(local(valid))).status).toBe(200)
  expect((await eventsOf(name))[0]?.EventFeedback).toMatchObject({ FeedbackValue: 'Valid', Provider: 'User' })
  expect((await fetch(local(invalid))).status).toBe(200)
  expect((await eventsOf(name))[0]?.EventFeedback).toMatchObject({ FeedbackValue: 'Invalid' })
  expect((await fetch(local(valid).replace(/feedback_token=[^&]+/, 'feedback_token=x'))).status).toBe(400)
  expect((await fetch(local(valid).replace('value=valid', 'value=maybe'))).status).toBe(400)
  await expect(signIn(name, abroad)).rejects.toThrow('Unable to login because of security reasons.')
  expect((await eventsOf(name))[0]?.EventRisk).toEqual({ RiskDecision: 'Block', RiskLevel: 'High' })
  await signIn(name, home)
})

test('feedback by the API: of an administrator, and of a user with the token; any other token or event is refused', async () => {
  const name = await makeUser('feedback')
  await signIn(name, home)
  const [{ EventId } = { EventId: '' }] = await eventsOf(name)
  const about = { UserPoolId, Username: name, EventId, FeedbackValue: 'Invalid' } as const
  await cognito().send(new AdminUpdateAuthEventFeedbackCommand(about))
  expect((await eventsOf(name))[0]?.EventFeedback).toMatchObject({
    FeedbackValue: 'Invalid',
    Provider: 'Admin',
  })
  await expect(
    cognito().send(new AdminUpdateAuthEventFeedbackCommand({ ...about, EventId: 'none' })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await expect(
    cognito().send(new AdminUpdateAuthEventFeedbackCommand({ ...about, Username: 'nobody' })),
  ).rejects.toMatchObject({ name: 'UserNotFoundException' })
  await expect(
    cognito().send(new UpdateAuthEventFeedbackCommand({ ...about, FeedbackToken: 'guess' })),
  ).rejects.toMatchObject({ name: 'NotAuthorizedException' })
})

test('a risk that asks for a second factor gets one that is set up, and blocks who has none', async () => {
  await setActions('MFA_REQUIRED', 'MFA_REQUIRED')
  const name = await makeUser('factor')
  await signIn(name, home)
  const { ChallengeName, Session } = await signIn(name, abroad)
  expect(ChallengeName).toBe('EMAIL_OTP')
  const { code = '' } = await lastMessage(regions, UserPoolId, `${name}@quarry.example`)
  const { AuthenticationResult } = await cognito().send(
    new RespondToAuthChallengeCommand({
      ClientId,
      ChallengeName: 'EMAIL_OTP',
      Session,
      ChallengeResponses: { USERNAME: name, EMAIL_OTP_CODE: code },
      UserContextData: { IpAddress: abroad.ip, EncodedData: deviceNamed(abroad.device ?? '') },
    }),
  )
  expect(AuthenticationResult?.AccessToken).toBeDefined()
  const [event, ...more] = await eventsOf(name)
  expect(more).toHaveLength(1)
  expect(event).toMatchObject({
    EventResponse: 'Pass',
    EventRisk: { RiskDecision: 'AccountTakeover', RiskLevel: 'Medium' },
    ChallengeResponses: [
      { ChallengeName: 'Password', ChallengeResponse: 'Success' },
      { ChallengeName: 'Mfa', ChallengeResponse: 'Success' },
    ],
  })

  await cognito().send(
    new AdminCreateUserCommand({ UserPoolId, Username: 'bare', MessageAction: 'SUPPRESS' }),
  )
  await cognito().send(
    new AdminSetUserPasswordCommand({
      UserPoolId,
      Username: 'bare',
      Password: password,
      Permanent: true,
    }),
  )
  await signIn('bare', home)
  await expect(signIn('bare', abroad)).rejects.toThrow('Unable to login because of security reasons.')
  await setActions('MFA_REQUIRED', 'MFA_IF_CONFIGURED')
  expect((await signIn('bare', { ip: '192.0.2.99', device: 'third' })).AuthenticationResult).toBeDefined()
})

test('ranges that are blocked never get in, ranges that are skipped are never a risk', async () => {
  await setActions('BLOCK', 'BLOCK')
  const name = await makeUser('ranges')
  await expect(signIn(name, { ip: '203.0.113.9' })).rejects.toThrow(
    'Unable to login because of security reasons.',
  )
  await signIn(name, home)
  await signIn(name, { ip: '2001:db8::1', device: 'another' })
  expect((await eventsOf(name))[0]?.EventRisk).toEqual({ RiskDecision: 'NoRisk' })
})

test('a password that is known elsewhere can’t be chosen, and whoever has one must change it', async () => {
  await setActions('NO_ACTION', 'NO_ACTION')
  for (const Password of [leaked, alsoLeaked])
    await expect(
      cognito().send(new SignUpCommand({ ClientId, Username: 'newcomer', Password })),
    ).rejects.toMatchObject({
      name: 'InvalidPasswordException',
      message: 'Provided password cannot be used for security reasons.',
    })
  const name = await makeUser('reuser')
  const { AuthenticationResult } = await signIn(name, home)
  await expect(
    cognito().send(
      new ChangePasswordCommand({
        AccessToken: AuthenticationResult?.AccessToken,
        PreviousPassword: password,
        ProposedPassword: leaked,
      }),
    ),
  ).rejects.toMatchObject({ name: 'InvalidPasswordException' })
  await makeUser('careless', alsoLeaked)
  await eventually(
    () =>
      cognito(west)
        .send(new AdminGetUserCommand({ UserPoolId, Username: 'careless' }))
        .catch(() => undefined),
    (user) => user?.UserStatus === 'CONFIRMED',
  )
  // A secondary refuses, and writes nothing to the user.
  await expect(signIn('careless', home, alsoLeaked, west)).rejects.toMatchObject({
    name: 'PasswordResetRequiredException',
  })
  expect(
    (await cognito().send(new AdminGetUserCommand({ UserPoolId, Username: 'careless' }))).UserStatus,
  ).toBe('CONFIRMED')
  await expect(signIn('careless', home, alsoLeaked)).rejects.toMatchObject({
    name: 'PasswordResetRequiredException',
  })
  expect(
    (await cognito().send(new AdminGetUserCommand({ UserPoolId, Username: 'careless' }))).UserStatus,
  ).toBe('RESET_REQUIRED')
  expect((await eventsOf('careless'))[0]?.EventRisk).toMatchObject({
    CompromisedCredentialsDetected: true,
    RiskDecision: 'Block',
  })
})

test('each Region has its own events', async () => {
  const name = await makeUser('regional')
  await eventually(
    () => signIn(name, home, password, west).catch(() => undefined),
    (answer) => answer?.AuthenticationResult !== undefined,
  )
  expect(await eventsOf(name)).toEqual([])
  const [event] = await eventsOf(name, west)
  expect(event?.EventResponse).toBe('Pass')
  await cognito(west).send(
    new AdminUpdateAuthEventFeedbackCommand({
      UserPoolId,
      Username: name,
      EventId: event?.EventId ?? '',
      FeedbackValue: 'Valid',
    }),
  )
  expect((await eventsOf(name, west))[0]?.EventFeedback?.Provider).toBe('Admin')
})

test('a user who is deleted and made again has none of the events of before', async () => {
  const name = await makeUser('again')
  await signIn(name, home)
  await cognito().send(new AdminDeleteUserCommand({ UserPoolId, Username: name }))
  await makeUser(name)
  expect(await eventsOf(name)).toEqual([])
})

test('a pool without threat protection keeps no events and says so', async () => {
  const plain = await makePool(regions, undefined)
  await expect(
    cognito().send(new AdminListUserAuthEventsCommand({ UserPoolId: plain, Username: 'x' })),
  ).rejects.toMatchObject({ name: 'UserPoolAddOnNotEnabledException' })
})
