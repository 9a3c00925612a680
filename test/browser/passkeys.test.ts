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
import type { Browser, CDPSession, Page } from 'puppeteer-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
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
let devtools: CDPSession
let authenticatorId: string | undefined
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

/** Opens the page by a name of this machine, on a device whose authenticator can or can't tell its user. */
const open = async (host: string, isUserVerified: boolean): Promise<void> => {
  await page?.close()
  page = await browser.newPage()
  await page.goto(`http://${host}:${app.port}/`)
  devtools = await page.createCDPSession()
  await devtools.send('WebAuthn.enable')
  await plugIn(isUserVerified)
}

/** Takes the device's authenticator away, with the passkeys in it, and gives it another. */
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
