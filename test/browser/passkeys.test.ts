// Passkeys in a real browser: a page of an app registers one with the browser's virtual authenticator, and signs in with it in both Regions.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CreateUserPoolClientCommand,
  InitiateAuthCommand,
  SetUserPoolMfaConfigCommand,
  type UserVerificationType,
} from '@aws-sdk/client-cognito-identity-provider'
import chromium from '@sparticuz/chromium'
import puppeteer, { type Browser, type CDPSession, type Page } from 'puppeteer-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventually, startRegions, type TestRegions } from '../support/regions.ts'
import { makeActiveReplica, makeMultiRegionKey, makePool } from '../support/replicated-pool.ts'

const east = 'us-east-1'
const west = 'us-west-2'
const password = 'Unguessable-1'

/** What an app's page does, in the browser: the user pool API by fetch, and the Web Authentication API. */
const pageScript = `
const call = async (origin, operation, input) => {
  const answer = await fetch(origin, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.' + operation,
    },
    body: JSON.stringify(input),
  })
  const body = await answer.json()
  if (!answer.ok) throw new Error(body.__type + ': ' + body.message)
  return body
}
window.register = async (origin, AccessToken) => {
  const { CredentialCreationOptions } = await call(origin, 'StartWebAuthnRegistration', { AccessToken })
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(CredentialCreationOptions)
  const credential = await navigator.credentials.create({ publicKey })
  await call(origin, 'CompleteWebAuthnRegistration', { AccessToken, Credential: credential.toJSON() })
  return (await call(origin, 'ListWebAuthnCredentials', { AccessToken })).Credentials
}
window.signIn = async (origin, ClientId, USERNAME) => {
  const begun = await call(origin, 'InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_AUTH',
    AuthParameters: { USERNAME, PREFERRED_CHALLENGE: 'WEB_AUTHN' },
  })
  const options = JSON.parse(begun.ChallengeParameters.CREDENTIAL_REQUEST_OPTIONS)
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  const credential = await navigator.credentials.get({ publicKey })
  const answer = await call(origin, 'RespondToAuthChallenge', {
    ClientId,
    ChallengeName: 'WEB_AUTHN',
    Session: begun.Session,
    ChallengeResponses: { USERNAME, CREDENTIAL: JSON.stringify(credential.toJSON()) },
  })
  return answer.AuthenticationResult.AccessToken
}
window.forget = (origin, AccessToken, CredentialId) =>
  call(origin, 'DeleteWebAuthnCredential', { AccessToken, CredentialId }).then(() => 'forgotten')
`

let regions: TestRegions
let server: Server
let browser: Browser
let page: Page
let devtools: CDPSession
let authenticatorId: string
let UserPoolId: string
let ClientId: string
let usersMade = 0

beforeAll(async () => {
  regions = await startRegions([east, west])
  UserPoolId = await makePool(regions, await makeMultiRegionKey(regions), {
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
  })
  const { UserPoolClient } = await regions.cognito(east).send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'page',
      ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  ClientId = UserPoolClient?.ClientId ?? ''
  await makeActiveReplica(regions, UserPoolId)
  server = createServer((_, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<!doctype html><title>an app</title><script>${pageScript}</script>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  browser = await puppeteer.launch({
    executablePath: await chromium.executablePath(),
    // The browser runs in a container, or as root, where its own sandbox can't be set up.
    args: [...chromium.args, '--no-sandbox'],
    headless: 'shell',
  })
  page = await browser.newPage()
  // A secure context: the browser takes localhost for one.
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`)
  devtools = await page.createCDPSession()
  await devtools.send('WebAuthn.enable')
}, 60_000)
afterAll(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
  await regions.close()
})

const plugIn = async (isUserVerified: boolean): Promise<void> => {
  if (authenticatorId !== undefined)
    await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
  const added = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: isUserVerified,
      isUserVerified,
      automaticPresenceSimulation: true,
    },
  })
  authenticatorId = added.authenticatorId
}
beforeEach(() => plugIn(true))

const configure = (UserVerification: UserVerificationType, RelyingPartyId = 'localhost') =>
  regions.cognito(east).send(
    new SetUserPoolMfaConfigCommand({
      UserPoolId,
      WebAuthnConfiguration: { RelyingPartyId, UserVerification },
    }),
  )

const makeUser = async (): Promise<{ readonly name: string; readonly accessToken: string }> => {
  usersMade += 1
  const name = `person-${usersMade}`
  const client = regions.cognito(east)
  await client.send(new AdminCreateUserCommand({ UserPoolId, Username: name, MessageAction: 'SUPPRESS' }))
  await client.send(
    new AdminSetUserPasswordCommand({ UserPoolId, Username: name, Password: password, Permanent: true }),
  )
  const { AuthenticationResult } = await client.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: name, PASSWORD: password },
    }),
  )
  return { name, accessToken: AuthenticationResult?.AccessToken ?? '' }
}

const inPage = <Answer>(name: 'register' | 'signIn' | 'forget', ...given: readonly string[]) =>
  page.evaluate(
    // What comes back of a failure in the page is its message only.
    async (fn: string, args: readonly string[]) => {
      const run = (globalThis as unknown as Record<string, (...more: readonly string[]) => Promise<unknown>>)[
        fn
      ]
      return run?.(...args)
    },
    name,
    given,
  ) as Promise<Answer>
const originOf = (region: string): string => regions.origins[region] ?? ''
type Shown = { readonly CredentialId: string; readonly RelyingPartyId: string }

test('a passkey is registered, listed and signed in with; one that was deleted is refused', async () => {
  await configure('required')
  const { name, accessToken } = await makeUser()
  const [credential, ...more] = await inPage<readonly Shown[]>('register', originOf(east), accessToken)
  expect(more).toEqual([])
  expect(credential?.RelyingPartyId).toBe('localhost')
  const token = await inPage<string>('signIn', originOf(east), ClientId, name)
  expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
    username: name,
    client_id: ClientId,
  })
  // The authenticator says so by itself: the user has one here already.
  await expect(inPage('register', originOf(east), accessToken)).rejects.toThrow(
    /InvalidStateError|excluded|already/i,
  )
  await inPage('forget', originOf(east), accessToken, credential?.CredentialId ?? '')
  await expect(inPage('signIn', originOf(east), ClientId, name)).rejects.toThrow()
})

test('an authenticator that does not verify its user is enough only where verification is preferred', async () => {
  await configure('required')
  await plugIn(false)
  const strict = await makeUser()
  await expect(inPage('register', originOf(east), strict.accessToken)).rejects.toThrow()
  await configure('preferred')
  const { name, accessToken } = await makeUser()
  await inPage('register', originOf(east), accessToken)
  expect(await inPage<string>('signIn', originOf(east), ClientId, name)).toContain('.')
  await configure('required')
  await expect(inPage('signIn', originOf(east), ClientId, name)).rejects.toThrow()
})

test('the browser does not let a page use passkeys of another relying party', async () => {
  await configure('preferred', 'login.example.com')
  const { accessToken } = await makeUser()
  await expect(inPage('register', originOf(east), accessToken)).rejects.toThrow(
    /SecurityError|relying party|domain/i,
  )
})

test('with the primary Region gone the passkey signs in at the other one', async () => {
  await configure('required')
  const { name, accessToken } = await makeUser()
  await inPage('register', originOf(east), accessToken)
  await regions.stop(east)
  const token = await eventually(
    () => inPage<string>('signIn', originOf(west), ClientId, name).catch(() => undefined),
    (answer) => answer !== undefined,
  )
  expect(token).toContain('.')
  await expect(inPage('register', originOf(west), accessToken)).rejects.toThrow(
    /OperationNotEnabledException/,
  )
})
