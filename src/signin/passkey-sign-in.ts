// WEB_AUTHN: signing in with a passkey.
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { type Passkey, passkeyCounters } from '../directory/records/passkey.ts'
import type { User } from '../directory/records/user.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { Fault } from '../wire/fault.ts'
import { isPasskeyTwoFactors } from './auth-factors.ts'
import { proving } from './authentication-methods.ts'
import { type BegunSignIn, beginSignIn, challengeOf, continueSignIn, resumed } from './begun-sign-in.ts'
import { checkMaySignIn, completeSignIn, finishSignIn } from './complete-sign-in.ts'
import { useCode } from './factor-attempts.ts'
import { loadWebAuthn, readClientData, userVerificationOf } from './passkey-registration.ts'
import { isOriginOf, relyingPartyId, usablePasskeys } from './relying-party.ts'
import { required, type SignInAnswer, type SignInRequest, type SignInStep } from './sign-in-request.ts'

export type PasskeySession = BegunSignIn & { readonly passkeyChallenge?: string }

const challengeBytes = 32
const timeoutMs = 60_000

const refused = (cause?: unknown): Fault =>
  new Fault('NotAuthorizedException', 'Invalid passkey credential.', { cause })

/** What the browser needs to ask for one of the user's passkeys (PublicKeyCredentialRequestOptionsJSON), and its challenge. */
export const passkeyRequest = async (
  { pool, context }: SignInRequest,
  user: User,
): Promise<{ readonly options: string; readonly challenge: string }> => {
  const [{ generateAuthenticationOptions }, rpID, usable] = await Promise.all([
    loadWebAuthn(),
    relyingPartyId(pool, context.pool.records, context),
    usablePasskeys(user, pool, context.pool.records, context),
  ])
  const options = await generateAuthenticationOptions({
    rpID,
    challenge: new Uint8Array(context.random.bytes(challengeBytes)),
    timeout: timeoutMs,
    userVerification: isPasskeyTwoFactors({ pool }, user) ? 'required' : userVerificationOf(pool),
    allowCredentials: usable.map(({ credentialId, transports }) => ({
      id: credentialId,
      transports: [...transports],
    })),
  })
  return { options: JSON.stringify(options), challenge: options.challenge }
}

export const askForPasskey = async (request: SignInRequest, user: User): Promise<SignInAnswer> => {
  const { options, challenge } = await passkeyRequest(request, user)
  const content: PasskeySession = { ...beginSignIn(request, user), passkeyChallenge: challenge }
  return challengeOf(request, 'WEB_AUTHN', content, { CREDENTIAL_REQUEST_OPTIONS: options })
}

const readCredential = (text: string): AuthenticationResponseJSON => {
  try {
    const credential = JSON.parse(text) as Partial<AuthenticationResponseJSON> | null
    if (typeof credential?.id === 'string' && typeof credential.response?.clientDataJSON === 'string')
      return credential as AuthenticationResponseJSON
  } catch (error) {
    throw new Fault('InvalidParameterException', 'CREDENTIAL is not valid JSON.', { cause: error })
  }
  throw new Fault('InvalidParameterException', 'CREDENTIAL is not an authentication response.')
}

type Verified = { readonly passkey: Passkey; readonly isUserVerified: boolean; readonly counter: number }

/** The passkey that signed the challenge; undefined when none of the user's did. */
const verifyAssertion = async (
  { pool, context }: SignInRequest,
  user: User,
  given: string,
  challenge: string,
): Promise<Verified | undefined> => {
  const response = readCredential(given)
  const { origin } = readClientData(response.response.clientDataJSON)
  const usable = await usablePasskeys(user, pool, context.pool.records, context)
  const passkey = usable.find(({ credentialId }) => credentialId === response.id)
  if (passkey === undefined || !isOriginOf(origin, passkey.relyingPartyId)) return undefined
  const seen = await context.pool.records.get(passkeyCounters, passkey.credentialId)
  const { verifyAuthenticationResponse } = await loadWebAuthn()
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...response, clientExtensionResults: response.clientExtensionResults ?? {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: passkey.relyingPartyId,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: Math.max(passkey.counter, seen?.value.counter ?? 0),
      },
      requireUserVerification: isPasskeyTwoFactors({ pool }, user) || userVerificationOf(pool) === 'required',
    })
    const { newCounter, userVerified } = authenticationInfo
    return verified ? { passkey, isUserVerified: userVerified, counter: newCounter } : undefined
  } catch (error) {
    // The library throws for each check that fails; which one is nothing that a caller should learn.
    context.log.debug({ poolId: pool.poolId, reason: String(error) }, 'a passkey was refused')
    return undefined
  }
}

/** Remembers a counter that grew; authenticators that don't count say 0. */
const keepCounter = async (
  { context: { pool } }: SignInRequest,
  { passkey, counter }: Verified,
): Promise<void> => {
  if (counter === 0) return
  const { credentialId } = passkey
  const seen = await pool.records.get(passkeyCounters, credentialId)
  await pool.records.commit((changes) =>
    seen === undefined
      ? changes.create(passkeyCounters, { credentialId, counter })
      : changes.replace(passkeyCounters, seen, { credentialId, counter }),
  )
}

/** Checks `CREDENTIAL` against the challenge of the session, and ends the sign-in. */
export const finishWithPasskey = async (
  request: SignInRequest,
  user: User,
  begun: PasskeySession,
): Promise<SignInAnswer> => {
  const { client, pool, parameters, context } = request
  const given = required(parameters, 'CREDENTIAL')
  checkMaySignIn(user)
  const { challengeId, passkeyChallenge = '' } = begun
  const verified = await verifyAssertion(request, user, given, passkeyChallenge)
  await useCode(
    context,
    user,
    { challengeId, untilMs: context.clock.now() + tokenLifetimes(client).authSessionMs },
    () => ({ isRight: passkeyChallenge !== '' && verified !== undefined }),
    refused(),
  )
  if (verified === undefined) throw refused()
  await keepCounter(request, verified)
  // Authenticators that came with the device hold keys of its software or platform; those that are plugged in are keys of hardware.
  const method = verified.passkey.attachment === 'cross-platform' ? 'hwk' : 'swk'
  const proved = proving(resumed(request, begun), method)
  return verified.isUserVerified && isPasskeyTwoFactors({ pool }, user)
    ? finishSignIn(proved, user, begun)
    : completeSignIn(proved, user)
}

export const answerPasskey: SignInStep = async (request) => {
  required(request.parameters, 'CREDENTIAL')
  const { begun, stored } = await continueSignIn<PasskeySession>(request, 'WEB_AUTHN')
  return finishWithPasskey(request, stored.value, begun)
}
