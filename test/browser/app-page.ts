// The page of an app with passkeys, and what it runs in the browser: the user pool API by fetch, and the Web Authentication API.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Sent by the AWS SDK and Amplify from browsers beside the target, so that the preflight request has to allow them. */
const sdkHeaders = {
  'amz-sdk-invocation-id': '00000000-0000-4000-8000-000000000000',
  'amz-sdk-request': 'attempt=1; max=1',
  'cache-control': 'no-store',
  'x-amz-user-agent': 'an-app/1.0',
}

/**
 * `options` of a step are what the page changes in the options it was given, as a page could that wants less than the pool does. Steps
 * that the pool or the browser refuses throw the error's name (the pool's as the answer's header shows it) and its message.
 */
const script = `
const call = async (endpoint, operation, input) => {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      ...${JSON.stringify(sdkHeaders)},
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.' + operation,
    },
    body: JSON.stringify(input),
  })
  const body = await answer.json()
  if (!answer.ok) throw new Error(answer.headers.get('x-amzn-errortype') + ': ' + body.message)
  return body
}
const register = async ({ endpoint, accessToken: AccessToken, options = {} }) => {
  const { CredentialCreationOptions: asked } = await call(endpoint, 'StartWebAuthnRegistration', { AccessToken })
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON({ ...asked, ...options })
  const credential = await navigator.credentials.create({ publicKey })
  await call(endpoint, 'CompleteWebAuthnRegistration', { AccessToken, Credential: credential.toJSON() })
  return credential.id
}
const sign = async ({ endpoint, clientId: ClientId, name: USERNAME, options = {} }) => {
  const begun = await call(endpoint, 'InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_AUTH',
    AuthParameters: { USERNAME, PREFERRED_CHALLENGE: 'WEB_AUTHN' },
  })
  if (begun.ChallengeName !== 'WEB_AUTHN') throw new Error('offered ' + begun.AvailableChallenges)
  const asked = JSON.parse(begun.ChallengeParameters.CREDENTIAL_REQUEST_OPTIONS)
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({ ...asked, ...options })
  const credential = await navigator.credentials.get({ publicKey })
  return {
    ClientId,
    ChallengeName: 'WEB_AUTHN',
    Session: begun.Session,
    ChallengeResponses: { USERNAME, CREDENTIAL: JSON.stringify(credential.toJSON()) },
  }
}
const answer = async ({ endpoint, signed }) =>
  (await call(endpoint, 'RespondToAuthChallenge', signed)).AuthenticationResult.AccessToken
const steps = {
  register,
  sign,
  answer,
  signIn: async (given) => answer({ ...given, signed: await sign(given) }),
  list: async ({ endpoint, accessToken: AccessToken }) =>
    (await call(endpoint, 'ListWebAuthnCredentials', { AccessToken })).Credentials,
  remove: async ({ endpoint, accessToken: AccessToken, credentialId: CredentialId }) => {
    await call(endpoint, 'DeleteWebAuthnCredential', { AccessToken, CredentialId })
  },
}
window.runStep = (name, given) =>
  steps[name](given).catch((error) => {
    throw error instanceof DOMException ? new Error(error.name + ': ' + error.message) : error
  })
`

/** An answer to a WEB_AUTHN challenge that the page hasn't sent. */
export type Signed = { readonly Session: string; readonly ChallengeResponses: object }
export type Listed = {
  readonly CredentialId: string
  readonly RelyingPartyId: string
  readonly AuthenticatorAttachment: string
  readonly AuthenticatorTransports: readonly string[]
}

type Place = { readonly endpoint: string }
type OfUser = Place & { readonly accessToken: string }
type SigningIn = Place & { readonly clientId: string; readonly name: string; readonly options?: object }

export type Steps = {
  /** The new credential's ID. */
  register(given: OfUser & { readonly options?: object }): Promise<string>
  sign(given: SigningIn): Promise<Signed>
  /** An access token. */
  answer(given: Place & { readonly signed: Signed }): Promise<string>
  signIn(given: SigningIn): Promise<string>
  list(given: OfUser): Promise<readonly Listed[]>
  remove(given: OfUser & { readonly credentialId: string }): Promise<void>
}

/** Serves the page to whatever name of this machine it is asked by. */
export const serveAppPage = async (): Promise<{ readonly port: number; close(): void }> => {
  const server = createServer((_, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<!doctype html><title>an app</title><script>${script}</script>`)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
