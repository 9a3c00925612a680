// Devices through the AWS SDK and amazon-cognito-identity-js: confirmed, remembered, in the place of a second factor, and forgotten.
import {
  AdminDeleteUserCommand,
  AdminForgetDeviceCommand,
  AdminGetDeviceCommand,
  AdminListDevicesCommand,
  AdminUpdateDeviceStatusCommand,
  type AuthenticationResultType,
  ConfirmDeviceCommand,
  type DeviceConfigurationType,
  ForgetDeviceCommand,
  GetDeviceCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  ListDevicesCommand,
  RespondToAuthChallengeCommand,
  UpdateDeviceStatusCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserPool,
  type CognitoUserSession,
} from 'amazon-cognito-identity-js'
import { afterAll, describe, expect, it } from 'vitest'
import { verifierOf } from '../../src/srp/srp-server.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { mfaStepsOf } from '../support/mfa-steps.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { password, refusal } from '../support/signin-steps.ts'
import { clientClaim, newSrpClient } from '../support/srp-client.ts'
import { claimsOf } from '../support/trigger-pool.ts'

const regionKey = systemRandom.bytes(32)
const region = await startSigninRegion({ regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const { makePool, makeClient, makeMfaPool, makeUser, answer, setPreference, lastCode } = mfaStepsOf(region)
afterAll(() => Promise.all([region.close(), secondary.close()]))

const always = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
const devicePassword = 'a password that only the device knows'

const signIn = (ClientId: string, DEVICE_KEY?: string, client = region.client) =>
  client.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: {
        USERNAME: 'ana',
        PASSWORD: password,
        ...(DEVICE_KEY === undefined ? {} : { DEVICE_KEY }),
      },
    }),
  )

const verifierFor = (groupKey: string, deviceKey: string) => {
  const salt = systemRandom.bytes(16).toString('hex')
  const verifier = verifierOf({ poolName: groupKey, username: deviceKey, password: devicePassword, salt })
  const asBase64 = (hex: string): string =>
    Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64')
  return { Salt: asBase64(salt), PasswordVerifier: asBase64(verifier) }
}

/** Confirms the device that a sign-in handed a key to. */
const confirm = async (result: AuthenticationResultType | undefined) => {
  const { DeviceKey = '', DeviceGroupKey = '' } = result?.NewDeviceMetadata ?? {}
  const answered = await region.client.send(
    new ConfirmDeviceCommand({
      AccessToken: result?.AccessToken,
      DeviceKey,
      DeviceName: 'My laptop',
      DeviceSecretVerifierConfig: verifierFor(DeviceGroupKey, DeviceKey),
    }),
  )
  return { deviceKey: DeviceKey, groupKey: DeviceGroupKey, answered, accessToken: result?.AccessToken ?? '' }
}

/** Goes through both challenges of a device. */
const proveDevice = async (
  clientId: string,
  begun: { readonly Session?: string | undefined },
  device: { readonly deviceKey: string; readonly groupKey: string },
  given: {
    readonly password?: string
    readonly client?: typeof region.client
    readonly deviceKey?: string
  } = {},
) => {
  const { client = region.client } = given
  const srp = newSrpClient(`x_${device.groupKey}`)
  const send = (
    ChallengeName: 'DEVICE_SRP_AUTH' | 'DEVICE_PASSWORD_VERIFIER',
    responses: Record<string, string>,
    Session?: string,
  ) =>
    client.send(
      new RespondToAuthChallengeCommand({
        ClientId: clientId,
        ChallengeName,
        Session,
        ChallengeResponses: {
          USERNAME: 'ana',
          DEVICE_KEY: given.deviceKey ?? device.deviceKey,
          ...responses,
        },
      }),
    )
  const { ChallengeName, ChallengeParameters: asked = {} } = await send(
    'DEVICE_SRP_AUTH',
    { SRP_A: srp.clientPublic },
    begun.Session,
  )
  expect(ChallengeName).toBe('DEVICE_PASSWORD_VERIFIER')
  const secretBlock = asked.SECRET_BLOCK ?? ''
  const claim = await clientClaim(srp, {
    username: device.deviceKey,
    password: given.password ?? devicePassword,
    serverPublic: asked.SRP_B ?? '',
    salt: asked.SALT ?? '',
    secretBlock: Buffer.from(secretBlock, 'base64'),
    timestamp: 'Mon Nov 23 12:00:00 UTC 2026',
  })
  return send('DEVICE_PASSWORD_VERIFIER', {
    PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
    PASSWORD_CLAIM_SIGNATURE: claim.toString('base64'),
    TIMESTAMP: 'Mon Nov 23 12:00:00 UTC 2026',
  })
}

const withAna = async (DeviceConfiguration: DeviceConfigurationType = always) => {
  const made = await makePool({ DeviceConfiguration })
  await makeUser(made.poolId, 'ana')
  return made
}
const withDevice = async (configuration?: DeviceConfigurationType) => {
  const made = await withAna(configuration)
  return { ...made, ...(await confirm((await signIn(made.clientId)).AuthenticationResult)) }
}
const missing = refusal('ResourceNotFoundException', 'Device does not exist.')

describe('a sign-in in a pool that tracks devices', () => {
  it('hands out a key for a new device, and none elsewhere', async () => {
    const { clientId } = await withAna()
    const { AuthenticationResult } = await signIn(clientId)
    expect(AuthenticationResult?.NewDeviceMetadata).toEqual({
      DeviceKey: expect.stringMatching(/^us-east-1_[0-9a-f-]{36}$/),
      DeviceGroupKey: expect.stringMatching(/^-\w{8}$/),
    })
    const elsewhere = await makePool()
    await makeUser(elsewhere.poolId, 'ana')
    const without = await signIn(elsewhere.clientId)
    expect(without.AuthenticationResult?.NewDeviceMetadata).toBeUndefined()
  })

  it('goes on with the device that it comes from, by amazon-cognito-identity-js too, also after it was forgotten', async () => {
    const { poolId, clientId } = await withAna()
    const stored = new Map<string, string>()
    const Storage = {
      setItem: (key: string, value: string) => void stored.set(key, value),
      getItem: (key: string) => stored.get(key) ?? null,
      removeItem: (key: string) => void stored.delete(key),
      clear: () => stored.clear(),
    }
    const signInAsApp = async (): Promise<void> => {
      const pool = new CognitoUserPool({
        UserPoolId: poolId,
        ClientId: clientId,
        endpoint: region.origin,
        Storage,
      })
      const user = new CognitoUser({ Username: 'ana', Pool: pool, Storage })
      const session = await new Promise<CognitoUserSession>((onSuccess, onFailure) =>
        user.authenticateUser(new AuthenticationDetails({ Username: 'ana', Password: password }), {
          onSuccess,
          onFailure,
        }),
      )
      await new Promise((resolve, reject) =>
        user.refreshSession(session.getRefreshToken(), (error, refreshed) =>
          error ? reject(error) : resolve(refreshed),
        ),
      )
    }
    const deviceKeys = async () => {
      const listed = await region.client.send(
        new AdminListDevicesCommand({ UserPoolId: poolId, Username: 'ana' }),
      )
      return listed.Devices?.map(({ DeviceKey = '' }) => DeviceKey) ?? []
    }
    await signInAsApp()
    const [first = ''] = await deviceKeys()
    expect(first).toMatch(/^us-east-1_/)
    await signInAsApp()
    expect(await deviceKeys()).toEqual([first])
    await region.client.send(
      new AdminForgetDeviceCommand({ UserPoolId: poolId, Username: 'ana', DeviceKey: first }),
    )
    await signInAsApp()
    const [second] = await deviceKeys()
    expect(second).toMatch(/^us-east-1_/)
    expect(second).not.toBe(first)
  })

  it('names the device in access tokens, and binds refresh tokens to it once it is confirmed', async () => {
    const { poolId, clientId } = await withAna()
    const { AuthenticationResult: result } = await signIn(clientId)
    const deviceKey = result?.NewDeviceMetadata?.DeviceKey ?? ''
    const asFlow = (DEVICE_KEY?: string) =>
      region.client.send(
        new InitiateAuthCommand({
          ClientId: clientId,
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          AuthParameters: {
            REFRESH_TOKEN: result?.RefreshToken ?? '',
            ...(DEVICE_KEY === undefined ? {} : { DEVICE_KEY }),
          },
        }),
      )
    const asOperation = (DeviceKey?: string) =>
      region.client.send(
        new GetTokensFromRefreshTokenCommand({
          ClientId: clientId,
          RefreshToken: result?.RefreshToken ?? '',
          DeviceKey,
        }),
      )
    expect(claimsOf(result?.AccessToken)).toMatchObject({ device_key: deviceKey })
    expect(claimsOf(result?.IdToken)).not.toHaveProperty('device_key')
    const invalid = refusal('NotAuthorizedException', 'Invalid Refresh Token.')
    for (const refresh of [asFlow, asOperation]) await expect(refresh(deviceKey)).rejects.toEqual(invalid)
    await confirm(result)
    for (const refresh of [asFlow, asOperation]) {
      await expect(refresh()).rejects.toEqual(invalid)
      await expect(refresh('us-east-1_00000000-0000-0000-0000-000000000000')).rejects.toEqual(invalid)
      const { AuthenticationResult: refreshed } = await refresh(deviceKey)
      expect(claimsOf(refreshed?.AccessToken)).toMatchObject({ device_key: deviceKey })
    }
    await region.client.send(
      new AdminForgetDeviceCommand({ UserPoolId: poolId, Username: 'ana', DeviceKey: deviceKey }),
    )
    await expect(asFlow(deviceKey)).rejects.toEqual(invalid)
  })

  it('ends in tokens only for the device that knows its password', async () => {
    const device = await withDevice()
    const begun = await signIn(device.clientId, device.deviceKey)
    expect(begun).toMatchObject({
      ChallengeName: 'DEVICE_SRP_AUTH',
      ChallengeParameters: { DEVICE_KEY: device.deviceKey },
    })
    await expect(proveDevice(device.clientId, begun, device, { password: 'wrong' })).rejects.toEqual(
      refusal('NotAuthorizedException', 'Incorrect username or password.'),
    )
    const other = await confirm((await signIn(device.clientId)).AuthenticationResult)
    await expect(proveDevice(device.clientId, begun, device, { deviceKey: other.deviceKey })).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid session for the user.'),
    )
    const done = await proveDevice(device.clientId, begun, device)
    expect(done.AuthenticationResult?.AccessToken).toBeDefined()
    expect(done.AuthenticationResult?.NewDeviceMetadata).toBeUndefined()
    await region.client.send(
      new ForgetDeviceCommand({ AccessToken: device.accessToken, DeviceKey: device.deviceKey }),
    )
    await expect(signIn(device.clientId, device.deviceKey)).rejects.toEqual(missing)
    await expect(proveDevice(device.clientId, begun, device)).rejects.toEqual(missing)
    await expect(signIn(device.clientId, 'not a key')).rejects.toEqual(refusal('InvalidParameterException'))
  })
})

describe('a device that answers without the Session of its challenge', () => {
  const noSession = refusal('InvalidParameterException', 'Missing required parameter Session')

  it('goes on with what it was asked last, once, as Amazon’s examples do', async () => {
    const device = await withDevice()
    await expect(proveDevice(device.clientId, {}, device)).rejects.toEqual(noSession)
    await signIn(device.clientId, device.deviceKey)
    await expect(proveDevice(device.clientId, {}, device, { password: 'wrong' })).rejects.toEqual(
      refusal('NotAuthorizedException', 'Incorrect username or password.'),
    )
    await expect(proveDevice(device.clientId, {}, device)).rejects.toEqual(noSession)
    await signIn(device.clientId, device.deviceKey)
    expect((await proveDevice(device.clientId, {}, device)).AuthenticationResult?.AccessToken).toBeDefined()
    await expect(proveDevice(device.clientId, {}, device)).rejects.toEqual(noSession)
  })

  it('is refused when it was asked in another client, or too long ago', async () => {
    const device = await withDevice()
    const other = await makeClient(device.poolId, { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
    await signIn(device.clientId, device.deviceKey)
    await expect(proveDevice(other.ClientId ?? '', {}, device)).rejects.toEqual(noSession)
    region.pass(180_000)
    await expect(proveDevice(device.clientId, {}, device)).rejects.toEqual(noSession)
  })
})

describe('a second factor', () => {
  const withSms = async (DeviceConfiguration: DeviceConfigurationType) => {
    const made = await makeMfaPool('OPTIONAL', undefined, { DeviceConfiguration })
    await makeUser(made.poolId, 'ana', { phone_number: '+15550104333' })
    const { AuthenticationResult } = await signIn(made.clientId)
    await setPreference(AuthenticationResult?.AccessToken ?? '', { SMSMfaSettings: { Enabled: true } })
    const asked = await signIn(made.clientId)
    expect(asked.ChallengeName).toBe('SMS_MFA')
    const done = await answer(made.clientId, 'SMS_MFA', asked.Session, {
      USERNAME: 'ana',
      SMS_MFA_CODE: lastCode(),
    })
    expect(done.AuthenticationResult?.NewDeviceMetadata).toBeDefined()
    return { ...made, ...(await confirm(done.AuthenticationResult)) }
  }

  it('is not asked for on a remembered device, where the pool asks on new devices only', async () => {
    const device = await withSms(always)
    const begun = await signIn(device.clientId, device.deviceKey)
    expect(begun.ChallengeName).toBe('DEVICE_SRP_AUTH')
    expect((await proveDevice(device.clientId, begun, device)).AuthenticationResult).toBeDefined()
    await region.client.send(
      new AdminUpdateDeviceStatusCommand({
        UserPoolId: device.poolId,
        Username: 'ana',
        DeviceKey: device.deviceKey,
        DeviceRememberedStatus: 'not_remembered',
      }),
    )
    await expect(proveDevice(device.clientId, begun, device)).rejects.toEqual(
      refusal('ResourceNotFoundException', 'Device is not remembered.'),
    )
    expect((await signIn(device.clientId, device.deviceKey)).ChallengeName).toBe('SMS_MFA')
  })

  it('comes before the device elsewhere, and on a device that the user was not asked to remember yet', async () => {
    for (const configuration of [
      { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: false },
      { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true },
    ]) {
      const device = await withSms(configuration)
      expect(device.answered.UserConfirmationNecessary).toBe(configuration.DeviceOnlyRememberedOnUserPrompt)
      const asked = await signIn(device.clientId, device.deviceKey)
      expect(asked.ChallengeName).toBe('SMS_MFA')
      const next = await answer(device.clientId, 'SMS_MFA', asked.Session, {
        USERNAME: 'ana',
        SMS_MFA_CODE: lastCode(),
      })
      expect(next.ChallengeName).toBe('DEVICE_SRP_AUTH')
      expect((await proveDevice(device.clientId, next, device)).AuthenticationResult).toBeDefined()
    }
  })

  it('leaves amazon-cognito-identity-js with its own Session, with which the device answers', async () => {
    const device = await withSms({
      ChallengeRequiredOnNewDevice: false,
      DeviceOnlyRememberedOnUserPrompt: false,
    })
    const asked = await signIn(device.clientId, device.deviceKey)
    await answer(device.clientId, 'SMS_MFA', asked.Session, { USERNAME: 'ana', SMS_MFA_CODE: lastCode() })
    expect((await proveDevice(device.clientId, asked, device)).AuthenticationResult).toBeDefined()
    await expect(proveDevice(device.clientId, asked, device)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid session for the user.'),
    )
  })

  it('is no longer asked for once the user asked to remember the device', async () => {
    const device = await withSms({ ...always, DeviceOnlyRememberedOnUserPrompt: true })
    await region.client.send(
      new UpdateDeviceStatusCommand({
        AccessToken: device.accessToken,
        DeviceKey: device.deviceKey,
        DeviceRememberedStatus: 'remembered',
      }),
    )
    expect((await signIn(device.clientId, device.deviceKey)).ChallengeName).toBe('DEVICE_SRP_AUTH')
  })
})

describe('confirming a device', () => {
  it('takes a key that a sign-in of this user gave out, once, with a verifier of the group', async () => {
    const { poolId, clientId } = await withAna()
    const { AuthenticationResult } = await signIn(clientId)
    const { AccessToken, NewDeviceMetadata } = AuthenticationResult ?? {}
    const { DeviceKey = '', DeviceGroupKey = '' } = NewDeviceMetadata ?? {}
    const good = verifierFor(DeviceGroupKey, DeviceKey)
    const attempt = (
      given: { DeviceKey?: string; DeviceSecretVerifierConfig?: typeof good },
      token = AccessToken,
    ) =>
      region.client.send(
        new ConfirmDeviceCommand({
          AccessToken: token,
          DeviceKey,
          DeviceSecretVerifierConfig: good,
          ...given,
        }),
      )
    const unknown = refusal('InvalidParameterException', 'Invalid device key given.')
    await expect(attempt({ DeviceKey: 'us-east-1_00000000-0000-0000-0000-000000000000' })).rejects.toEqual(
      unknown,
    )
    const invalid = refusal('InvalidParameterException', 'DeviceSecretVerifierConfig is not valid.')
    for (const config of [
      { ...good, PasswordVerifier: 'AAAA' },
      { ...good, PasswordVerifier: '***' },
      { ...good, Salt: '' },
    ])
      await expect(attempt({ DeviceSecretVerifierConfig: config })).rejects.toEqual(invalid)
    await makeUser(poolId, 'bea')
    const bea = await region.client.send(
      new InitiateAuthCommand({
        ClientId: clientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: 'bea', PASSWORD: password },
      }),
    )
    await expect(attempt({}, bea.AuthenticationResult?.AccessToken)).rejects.toEqual(unknown)
    await expect(attempt({}, 'not.a.token')).rejects.toEqual(refusal('NotAuthorizedException'))
    expect((await attempt({})).UserConfirmationNecessary).toBe(false)
    await expect(attempt({})).rejects.toEqual(refusal('DeviceKeyExistsException'))

    const untracked = await makePool()
    await makeUser(untracked.poolId, 'ana')
    const token = (await signIn(untracked.clientId)).AuthenticationResult?.AccessToken
    await expect(attempt({}, token)).rejects.toEqual(refusal('InvalidUserPoolConfigurationException'))
  })
})

describe('the devices of a user', () => {
  it('are shown, listed in pages, updated and forgotten, by the user and by administrators', async () => {
    const device = await withDevice()
    const { poolId, clientId, deviceKey, accessToken: AccessToken } = device
    await confirm((await signIn(clientId)).AuthenticationResult)
    await proveDevice(clientId, await signIn(clientId, deviceKey), device)
    const mine = { AccessToken, DeviceKey: deviceKey }
    const theirs = { UserPoolId: poolId, Username: 'ana', DeviceKey: deviceKey }
    const { Device } = await region.client.send(new GetDeviceCommand(mine))
    expect(Device).toMatchObject({
      DeviceKey: deviceKey,
      DeviceAttributes: [
        { Name: 'device_status', Value: 'valid' },
        { Name: 'device_name', Value: 'My laptop' },
        { Name: 'last_ip_used', Value: expect.stringMatching(/\d/) },
      ],
      DeviceCreateDate: expect.any(Date),
    })
    const owner = `ana.${poolId}`
    const seen = (await region.client.send(new AdminGetDeviceCommand(theirs))).Device
    expect(seen).toEqual({
      ...Device,
      DeviceAttributes: [
        { Name: 'device_status', Value: 'valid' },
        { Name: 'device_name', Value: 'My laptop' },
        {
          Name: 'dev:device_arn',
          Value: expect.stringMatching(/^arn:aws:cognito-idp:[\w-]+:\d{12}:owner\/ana\./),
        },
        { Name: 'dev:device_owner', Value: owner },
        { Name: 'last_ip_used', Value: expect.stringMatching(/\d/) },
        { Name: 'dev:device_remembered_status', Value: 'remembered' },
        { Name: 'dev:device_sdk', Value: 'aws-sdk-unknown-unknown' },
      ],
    })
    const { Devices } = await region.client.send(
      new AdminListDevicesCommand({ UserPoolId: poolId, Username: 'ana' }),
    )
    expect(Devices).toContainEqual(seen)

    const first = await region.client.send(new ListDevicesCommand({ AccessToken, Limit: 1 }))
    const rest = await region.client.send(
      new ListDevicesCommand({ AccessToken, Limit: 1, PaginationToken: first.PaginationToken }),
    )
    expect(rest.PaginationToken).toBeUndefined()
    expect([...(first.Devices ?? []), ...(rest.Devices ?? [])].map((item) => item.DeviceKey)).toContain(
      deviceKey,
    )
    await expect(
      region.client.send(new ListDevicesCommand({ AccessToken, PaginationToken: 'abc' })),
    ).rejects.toEqual(refusal('InvalidParameterException'))

    await region.client.send(
      new UpdateDeviceStatusCommand({ ...mine, DeviceRememberedStatus: 'not_remembered' }),
    )
    expect(
      (await region.client.send(new AdminGetDeviceCommand(theirs))).Device?.DeviceAttributes,
    ).toContainEqual({
      Name: 'dev:device_remembered_status',
      Value: 'not_remembered',
    })
    await region.client.send(new ForgetDeviceCommand(mine))
    for (const command of [
      new GetDeviceCommand(mine),
      new ForgetDeviceCommand(mine),
      new UpdateDeviceStatusCommand(mine),
      new AdminGetDeviceCommand(theirs),
      new AdminForgetDeviceCommand(theirs),
      new AdminUpdateDeviceStatusCommand(theirs),
    ])
      await expect(region.client.send(command as GetDeviceCommand)).rejects.toEqual(missing)
  })

  it('are nobody else’s, and gone with the user', async () => {
    const { poolId, clientId, deviceKey, accessToken } = await withDevice()
    const nobody = { UserPoolId: poolId, Username: 'nobody', DeviceKey: deviceKey }
    for (const [command, name] of [
      [new AdminGetDeviceCommand(nobody), 'ResourceNotFoundException'],
      [new AdminListDevicesCommand(nobody), 'ResourceNotFoundException'],
      [new AdminForgetDeviceCommand(nobody), 'UserNotFoundException'],
      [new AdminUpdateDeviceStatusCommand(nobody), 'UserNotFoundException'],
    ] as const)
      await expect(region.client.send(command as AdminGetDeviceCommand)).rejects.toEqual(refusal(name))
    for (const command of [
      new GetDeviceCommand({ AccessToken: 'not.a.token', DeviceKey: deviceKey }),
      new ListDevicesCommand({ AccessToken: 'not.a.token' }),
      new ForgetDeviceCommand({ AccessToken: 'not.a.token', DeviceKey: deviceKey }),
      new UpdateDeviceStatusCommand({ AccessToken: 'not.a.token', DeviceKey: deviceKey }),
    ])
      await expect(region.client.send(command as GetDeviceCommand)).rejects.toEqual(
        refusal('NotAuthorizedException'),
      )
    expect(accessToken).not.toBe('')
    await region.client.send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
    await makeUser(poolId, 'ana')
    await expect(signIn(clientId, deviceKey)).rejects.toEqual(missing)
    const listed = await region.client.send(
      new AdminListDevicesCommand({ UserPoolId: poolId, Username: 'ana' }),
    )
    expect(listed.Devices).toEqual([])
  })
})

describe('an ACTIVE secondary', () => {
  it('signs remembered devices in, and refuses to change them', async () => {
    const device = await withDevice()
    const { poolId, clientId, deviceKey, accessToken: AccessToken } = device
    await copyPool(poolId, region, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE' })
    const { client } = secondary
    const done = await proveDevice(clientId, await signIn(clientId, deviceKey, client), device, { client })
    expect(done.AuthenticationResult?.AccessToken).toBeDefined()
    // A device that can't be confirmed there must not keep its user from refreshing.
    const { AuthenticationResult: fresh } = await signIn(clientId, undefined, client)
    const refreshed = await client.send(
      new GetTokensFromRefreshTokenCommand({ ClientId: clientId, RefreshToken: fresh?.RefreshToken }),
    )
    expect(refreshed.AuthenticationResult?.AccessToken).toBeDefined()
    const { Device } = await client.send(new GetDeviceCommand({ AccessToken, DeviceKey: deviceKey }))
    expect(Device?.DeviceKey).toBe(deviceKey)
    expect((await client.send(new ListDevicesCommand({ AccessToken }))).Devices).toHaveLength(1)
    const notThere = refusal('OperationNotEnabledException')
    const theirs = { UserPoolId: poolId, Username: 'ana', DeviceKey: deviceKey }
    for (const send of [
      () => client.send(new ConfirmDeviceCommand({ AccessToken, DeviceKey: deviceKey })),
      () => client.send(new ForgetDeviceCommand({ AccessToken, DeviceKey: deviceKey })),
      () => client.send(new UpdateDeviceStatusCommand({ AccessToken, DeviceKey: deviceKey })),
      () => client.send(new AdminForgetDeviceCommand(theirs)),
      () => client.send(new AdminUpdateDeviceStatusCommand(theirs)),
    ])
      await expect(send()).rejects.toEqual(notThere)
  })
})
