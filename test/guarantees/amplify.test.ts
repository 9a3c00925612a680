// An application on Amplify behind the router: users sign up, sign in and look after themselves, and go on when the primary Region dies.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  confirmResetPassword,
  confirmSignIn,
  confirmSignUp,
  confirmUserAttribute,
  deleteUser,
  fetchAuthSession,
  fetchDevices,
  fetchMFAPreference,
  fetchUserAttributes,
  getCurrentUser,
  rememberDevice,
  resetPassword,
  setUpTOTP,
  signIn,
  signOut,
  signUp,
  updateMFAPreference,
  updatePassword,
  updateUserAttribute,
  verifyTOTPSetup,
} from '@aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from '@aws-amplify/auth/cognito'
import { Amplify } from '@aws-amplify/core'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  SetUserPoolMfaConfigCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Supervisor, startSupervisor } from '../../src/cli/supervisor.ts'
import { lastMessage } from '../support/region-inbox.ts'
import { account, eventually } from '../support/regions.ts'
import {
  makeActiveReplica,
  makeMultiRegionKey,
  makePool,
  primaryRegion,
  type RegionClients,
  secondaryRegion,
} from '../support/replicated-pool.ts'

const folder = mkdtempSync(join(tmpdir(), 'twinpool-amplify-'))
const username = 'zebulon'
const email = 'zebulon@example.com'
let supervisor: Supervisor
let regions: RegionClients
let poolId = ''

/** Where a browser would have its local storage. */
const storage = () => {
  const items = new Map<string, string>()
  return {
    setItem: async (key: string, value: string) => void items.set(key, value),
    getItem: async (key: string) => items.get(key) ?? null,
    removeItem: async (key: string) => void items.delete(key),
    clear: async () => items.clear(),
  }
}
const codeSentTo = async (destination: string): Promise<string> => {
  const { deploymentSecret } = JSON.parse(readFileSync(join(folder, 'data', 'deployment.json'), 'utf8')) as {
    readonly deploymentSecret: string
  }
  const origins = supervisor.endpoints.regions
  return (await lastMessage({ origins, deploymentSecret }, poolId, destination)).code ?? ''
}

beforeAll(async () => {
  supervisor = await startSupervisor({
    dataFolder: join(folder, 'data'),
    regions: [primaryRegion, secondaryRegion],
    account,
    host: '127.0.0.1',
    port: 0,
    isTls: false,
    logLevel: 'silent',
    logDescriptor: 2,
    isRestarted: false,
    say: () => {},
  })
  const { router } = supervisor.endpoints
  const credentials = supervisor.accessKey
  regions = {
    origins: { [primaryRegion]: router, [secondaryRegion]: router },
    cognito: (region) => new CognitoIdentityProviderClient({ region, endpoint: router, credentials }),
    kms: (region) => new KMSClient({ region, endpoint: router, credentials }),
  }
  poolId = await makePool(regions, await makeMultiRegionKey(regions), {
    AutoVerifiedAttributes: ['email'],
    UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
    DeviceConfiguration: { DeviceOnlyRememberedOnUserPrompt: true, ChallengeRequiredOnNewDevice: false },
  })
  const primary = regions.cognito(primaryRegion)
  await primary.send(
    new SetUserPoolMfaConfigCommand({
      UserPoolId: poolId,
      MfaConfiguration: 'OPTIONAL',
      SoftwareTokenMfaConfiguration: { Enabled: true },
    }),
  )
  const { UserPoolClient } = await primary.send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
    }),
  )
  await makeActiveReplica(regions, poolId)
  const configuration = {
    Auth: {
      Cognito: {
        userPoolId: poolId,
        userPoolClientId: UserPoolClient?.ClientId ?? '',
        userPoolEndpoint: router,
      },
    },
  }
  cognitoUserPoolsTokenProvider.setKeyValueStorage(storage())
  cognitoUserPoolsTokenProvider.setAuthConfig(configuration.Auth)
  Amplify.configure(configuration, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider } })
})
afterAll(async () => {
  await supervisor.stop()
  rmSync(folder, { recursive: true })
})

const done = { isSignedIn: true, nextStep: { signInStep: 'DONE' } }

test('users sign up, sign in, and look after their attributes, password, second factor and devices', async () => {
  const begun = await signUp({
    username,
    password: 'Unguessable-1',
    options: { userAttributes: { email } },
  })
  expect(begun.nextStep).toMatchObject({
    signUpStep: 'CONFIRM_SIGN_UP',
    codeDeliveryDetails: { destination: 'z***@e***', deliveryMedium: 'EMAIL', attributeName: 'email' },
  })
  const confirmed = await confirmSignUp({ username, confirmationCode: await codeSentTo(email) })
  expect(confirmed.isSignUpComplete).toBe(true)
  await expect(signIn({ username, password: 'Unguessable-0' })).rejects.toMatchObject({
    name: 'NotAuthorizedException',
    message: 'Incorrect username or password.',
  })
  expect(await signIn({ username, password: 'Unguessable-1' })).toEqual(done)
  expect(await getCurrentUser()).toMatchObject({ username })
  expect(await fetchUserAttributes()).toMatchObject({ email, email_verified: 'true' })

  const change = await updateUserAttribute({
    userAttribute: { attributeKey: 'email', value: 'z@example.org' },
  })
  expect(change.nextStep.updateAttributeStep).toBe('CONFIRM_ATTRIBUTE_WITH_CODE')
  const confirmationCode = await codeSentTo('z@example.org')
  await confirmUserAttribute({ userAttributeKey: 'email', confirmationCode })
  expect(await fetchUserAttributes()).toMatchObject({ email: 'z@example.org', email_verified: 'true' })

  await updatePassword({ oldPassword: 'Unguessable-1', newPassword: 'Unguessable-2' })
  await rememberDevice()
  expect(await fetchDevices()).toHaveLength(1)

  const { sharedSecret } = await setUpTOTP()
  const totp = new TOTP({ secret: sharedSecret })
  await verifyTOTPSetup({ code: totp.generate() })
  await updateMFAPreference({ totp: 'PREFERRED' })
  expect(await fetchMFAPreference()).toEqual({ enabled: ['TOTP'], preferred: 'TOTP' })
  await signOut({ global: true })
  const second = await signIn({ username, password: 'Unguessable-2' })
  expect(second.nextStep.signInStep).toBe('CONFIRM_SIGN_IN_WITH_TOTP_CODE')
  const nextCode = totp.generate({ timestamp: Date.now() + 30_000 })
  expect(await confirmSignIn({ challengeResponse: nextCode })).toEqual(done)
  await updateMFAPreference({ totp: 'DISABLED' })
  await signOut()

  const reset = await resetPassword({ username })
  expect(reset.nextStep.resetPasswordStep).toBe('CONFIRM_RESET_PASSWORD_WITH_CODE')
  await confirmResetPassword({
    username,
    newPassword: 'Unguessable-3',
    confirmationCode: await codeSentTo('z@example.org'),
  })
  const chosen = await signIn({ username, options: { authFlowType: 'USER_AUTH' } })
  expect(chosen.nextStep.signInStep).toBe('CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION')
  await confirmSignIn({ challengeResponse: 'PASSWORD_SRP' })
  expect(await confirmSignIn({ challengeResponse: 'Unguessable-3' })).toEqual(done)
})

test('with the primary dead the session goes on, and users sign in at the same URL; what would write is refused with its reason', async () => {
  await supervisor.kill(primaryRegion)
  const { tokens } = await fetchAuthSession({ forceRefresh: true })
  expect(tokens?.idToken?.payload).toMatchObject({ email: 'z@example.org', 'cognito:username': username })
  await signOut()
  expect(await signIn({ username, password: 'Unguessable-3' })).toEqual(done)
  expect(await fetchUserAttributes()).toMatchObject({ email: 'z@example.org' })
  await expect(
    updatePassword({ oldPassword: 'Unguessable-3', newPassword: 'Unguessable-4' }),
  ).rejects.toMatchObject({
    name: 'OperationNotEnabledException',
    message: expect.stringContaining(primaryRegion),
  })
  await supervisor.restart(primaryRegion)
  const deleted = () =>
    deleteUser().then(
      () => 'deleted',
      ({ name }: Error) => name,
    )
  // The router sends traffic to the primary again once it has been healthy for a while.
  await eventually(deleted, (outcome) => outcome === 'deleted')
  await expect(signIn({ username, password: 'Unguessable-3' })).rejects.toMatchObject({
    name: 'NotAuthorizedException',
  })
})
