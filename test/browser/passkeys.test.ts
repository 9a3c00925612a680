// Passkeys in a real browser: a page of an app registers one with the browser's virtual authenticator, and signs in with it in both Regions.
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CreateUserPoolClientCommand,
  InitiateAuthCommand,
  SetUserPoolMfaConfigCommand,
  type UserVerificationType,
} from '@aws-sdk/client-cognito-identity-provider'
import { decodeJwt } from 'jose'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually, startRegions, type TestRegions } from '../support/regions.ts'
import { makeActiveReplica, makeMultiRegionKey, makePool } from '../support/replicated-pool.ts'
import { type Steps, serveAppPage } from './app-page.ts'
import { startChromium } from './chromium.ts'

const east = 'us-east-1'
const west = 'us-west-2'
const password = 'Unguessable-1'
const noVerification = { userVerification: 'discouraged' }

let regions: TestRegions
let app: Awaited<ReturnType<typeof serveAppPage>>
let browser: Browser
let page: Page
let poolId: string
let clientId: string
let endpoint: string
let usersMade = 0

beforeAll(async () => {
  ;[regions, browser, app] = await Promise.all([startRegions([east, west]), startChromium(), serveAppPage()])
  endpoint = regions.origins[east] ?? ''
  poolId = await makePool(regions, await makeMultiRegionKey(regions), {
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
  })
  const { UserPoolClient } = await regions.cognito(east).send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'page',
      ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  clientId = UserPoolClient?.ClientId ?? ''
  await makeActiveReplica(regions, poolId)
}, 60_000)
afterAll(async () => {
  await browser.close()
  app.close()
  await regions.close()
})

/** Opens the page by a name of this machine, on a device with an authenticator of its own, which can or can't tell its user. */
const open = async (host: string, isUserVerified = true): Promise<void> => {
  page = await browser.newPage()
  await page.goto(`http://${host}:${app.port}/`)
  const devtools = await page.createCDPSession()
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: isUserVerified,
      isUserVerified,
      automaticPresenceSimulation: true,
    },
  })
}

type Given<Name extends keyof Steps> = Omit<Parameters<Steps[Name]>[0], 'endpoint'>
type PageGlobals = { runStep(name: string, given: object): Promise<unknown> }

/** A step of the page with the primary's endpoint, or another. */
const step = <Name extends keyof Steps>(
  name: Name,
  given: Given<Name>,
  at = endpoint,
): ReturnType<Steps[Name]> => {
  const sent: object = { ...given, endpoint: at }
  return page.evaluate(
    (asked, more) => (globalThis as unknown as PageGlobals).runStep(asked, more),
    name,
    sent,
  ) as ReturnType<Steps[Name]>
}

const configure = (RelyingPartyId: string, UserVerification: UserVerificationType) =>
  regions.cognito(east).send(
    new SetUserPoolMfaConfigCommand({
      UserPoolId: poolId,
      WebAuthnConfiguration: { RelyingPartyId, UserVerification },
    }),
  )

const makeUser = async (): Promise<{ readonly name: string; readonly accessToken: string }> => {
  usersMade += 1
  const name = `person-${usersMade}`
  const client = regions.cognito(east)
  const about = { UserPoolId: poolId, Username: name }
  await client.send(new AdminCreateUserCommand({ ...about, MessageAction: 'SUPPRESS' }))
  await client.send(new AdminSetUserPasswordCommand({ ...about, Password: password, Permanent: true }))
  const { AuthenticationResult } = await client.send(
    new InitiateAuthCommand({
      ClientId: clientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: name, PASSWORD: password },
    }),
  )
  return { name, accessToken: AuthenticationResult?.AccessToken ?? '' }
}

// The next test brings a device of its own.
afterEach(() => page.close())

test('the browser holds pages to CORS, so that what works below works for web apps', async () => {
  await open('localhost')
  const elsewhere = `http://127.0.0.1:${app.port}/`
  await expect(page.evaluate((url) => fetch(url), elsewhere)).rejects.toThrow('Failed to fetch')
})

test('a passkey is registered, listed and signed in with, and the device makes no second one', async () => {
  await configure('localhost', 'required')
  await open('localhost')
  const { name, accessToken } = await makeUser()
  const credentialId = await step('register', { accessToken })
  expect(await step('list', { accessToken })).toMatchObject([
    {
      CredentialId: credentialId,
      RelyingPartyId: 'localhost',
      AuthenticatorAttachment: 'platform',
      AuthenticatorTransports: ['internal'],
    },
  ])
  const token = await step('signIn', { clientId, name })
  expect(decodeJwt(token)).toMatchObject({ username: name, client_id: clientId, token_use: 'access' })
  await expect(step('register', { accessToken })).rejects.toThrow('InvalidStateError')
  // The authenticator counts its signatures: the second one is a step further.
  expect(await step('signIn', { clientId, name })).not.toBe(token)
})

test('an assertion is taken once, and not after its passkey was deleted', async () => {
  await configure('localhost', 'required')
  await open('localhost')
  const { name, accessToken } = await makeUser()
  const credentialId = await step('register', { accessToken })
  const signed = await step('sign', { clientId, name })
  expect(decodeJwt(await step('answer', { signed })).username).toBe(name)
  await expect(step('answer', { signed })).rejects.toThrow('NotAuthorizedException')

  const held = await step('sign', { clientId, name })
  await step('remove', { accessToken, credentialId })
  await expect(step('answer', { signed: held })).rejects.toThrow(
    'NotAuthorizedException: Invalid passkey credential.',
  )
  expect(await step('list', { accessToken })).toEqual([])
  await expect(step('signIn', { clientId, name })).rejects.toThrow('offered PASSWORD_SRP,PASSWORD')
})

test('a device that cannot verify its user is enough only where verification is preferred', async () => {
  await configure('localhost', 'required')
  await open('localhost', false)
  const { name, accessToken } = await makeUser()
  await expect(step('register', { accessToken })).rejects.toThrow('NotAllowedError')
  const lenient = { residentKey: 'required', requireResidentKey: true, ...noVerification }
  await expect(
    step('register', { accessToken, options: { authenticatorSelection: lenient } }),
  ).rejects.toThrow('WebAuthnCredentialNotSupportedException')

  await configure('localhost', 'preferred')
  await step('register', { accessToken })
  expect(decodeJwt(await step('signIn', { clientId, name })).username).toBe(name)

  await configure('localhost', 'required')
  await expect(step('signIn', { clientId, name })).rejects.toThrow('NotAllowedError')
  await expect(step('signIn', { clientId, name, options: noVerification })).rejects.toThrow(
    'NotAuthorizedException: Invalid passkey credential.',
  )
})

test('a page gets no passkey of a relying party that is not its own, from the browser or from the pool', async () => {
  await configure('login.example.com', 'required')
  await open('localhost')
  const { name, accessToken } = await makeUser()
  await expect(step('register', { accessToken })).rejects.toThrow('SecurityError')
  const rp = { id: 'localhost', name: 'localhost' }
  await expect(step('register', { accessToken, options: { rp } })).rejects.toThrow(
    'WebAuthnOriginNotAllowedException',
  )

  await configure('localhost', 'required')
  await step('register', { accessToken })
  const held = await step('sign', { clientId, name })
  await configure('login.example.com', 'required')
  await expect(step('answer', { signed: held })).rejects.toThrow(
    'NotAuthorizedException: Invalid passkey credential.',
  )
})

test('a name below localhost is a relying party of its own', async () => {
  await configure('app.localhost', 'required')
  await open('app.localhost')
  const { name, accessToken } = await makeUser()
  await step('register', { accessToken })
  expect(decodeJwt(await step('signIn', { clientId, name })).username).toBe(name)

  await configure('localhost', 'required')
  const rp = { id: 'app.localhost', name: 'app.localhost' }
  await expect(step('register', { accessToken, options: { rp, excludeCredentials: [] } })).rejects.toThrow(
    'WebAuthnRelyingPartyMismatchException',
  )
})

test('with the primary Region gone the passkey signs in at the other one, where none is registered', async () => {
  await configure('localhost', 'required')
  await open('localhost')
  const { name, accessToken } = await makeUser()
  await step('register', { accessToken })
  expect(decodeJwt(await step('signIn', { clientId, name })).username).toBe(name)
  const there = regions.origins[west] ?? ''
  await eventually(
    () =>
      regions.cognito(west).send(
        new InitiateAuthCommand({
          ClientId: clientId,
          AuthFlow: 'USER_AUTH',
          AuthParameters: { USERNAME: name, PREFERRED_CHALLENGE: 'WEB_AUTHN' },
        }),
      ),
    ({ ChallengeName }) => ChallengeName === 'WEB_AUTHN',
  )
  await regions.stop(east)
  const token = await step('signIn', { clientId, name }, there)
  expect(decodeJwt(token).username).toBe(name)
  expect(await step('list', { accessToken: token }, there)).toHaveLength(1)
  await expect(step('register', { accessToken: token }, there)).rejects.toThrow(
    'OperationNotEnabledException',
  )
})
