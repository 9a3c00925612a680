// Registering a passkey: the options that a browser gets, and the check of what its authenticator made of them.
import type { PublicKeyCredentialCreationOptionsJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { Passkey, PasskeyRegistration } from '../directory/records/passkey.ts'
import type { User } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import { Fault } from '../wire/fault.ts'
import { isOriginOf } from './relying-party.ts'

/** Loaded on first use: most pools have no passkeys. */
export const loadWebAuthn = () => import('@simplewebauthn/server')
const loadHelpers = () => import('@simplewebauthn/server/helpers')

/** COSE algorithms: ES256 and RS256, which every platform has. */
const algorithms = [-7, -257]
const timeoutMs = 60_000
const friendlyName = 'Passkey'

export const userVerificationOf = ({ mfa }: UserPool): 'required' | 'preferred' =>
  mfa?.webAuthn?.UserVerification ?? 'preferred'

export const creationOptions = async (
  pool: UserPool,
  user: User,
  about: { readonly challenge: Buffer; readonly rpId: string; readonly existing: readonly Passkey[] },
): Promise<PublicKeyCredentialCreationOptionsJSON> => {
  const { generateRegistrationOptions } = await loadWebAuthn()
  return generateRegistrationOptions({
    rpName: about.rpId,
    rpID: about.rpId,
    userName: user.username,
    userDisplayName: user.attributes.name ?? user.username,
    userID: new TextEncoder().encode(user.sub),
    challenge: new Uint8Array(about.challenge),
    timeout: timeoutMs,
    attestationType: 'none',
    excludeCredentials: about.existing.map(({ credentialId, transports }) => ({
      id: credentialId,
      transports: [...transports],
    })),
    authenticatorSelection: {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: userVerificationOf(pool),
    },
    supportedAlgorithmIDs: algorithms,
  })
}

const notSupported = (cause?: unknown): Fault =>
  new Fault('WebAuthnCredentialNotSupportedException', 'The credential is not supported.', { cause })

const isText = (value: unknown): value is string => typeof value === 'string'

/** Longest credential ID (WebAuthn Level 3, section 7.1) as base64url, with room for others' encodings. */
const credentialIdCharactersMax = 1_364

/** The parts of a RegistrationResponseJSON that the checks need. Throws InvalidParameterException for another shape. */
const readResponse = (credential: unknown): RegistrationResponseJSON => {
  const given = credential as Partial<RegistrationResponseJSON> | null | undefined
  const isShaped =
    typeof given === 'object' &&
    given !== null &&
    isText(given.id) &&
    given.id.length <= credentialIdCharactersMax &&
    isText(given.response?.clientDataJSON) &&
    isText(given.response.attestationObject)
  if (!isShaped) throw new Fault('InvalidParameterException', 'Credential is not a registration response.')
  return given as RegistrationResponseJSON
}

type ClientData = { readonly challenge: string; readonly origin: string }

export const readClientData = (clientDataJson: string): ClientData => {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString('utf8'))
  } catch (error) {
    throw new Fault('InvalidParameterException', 'clientDataJSON is not valid.', { cause: error })
  }
  const { challenge, origin } = (parsed ?? {}) as Partial<ClientData>
  if (!isText(challenge) || !isText(origin))
    throw new Fault('InvalidParameterException', 'clientDataJSON is not valid.')
  return { challenge, origin }
}

/** Whether the authenticator's data is of this relying party: it begins with the hash of its ID. */
const isOfRelyingParty = async (attestationObject: string, rpId: string): Promise<boolean> => {
  const { decodeAttestationObject, parseAuthenticatorData, toHash } = await loadHelpers()
  try {
    const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
    const { rpIdHash } = parseAuthenticatorData(decoded.get('authData'))
    return Buffer.from(rpIdHash).equals(Buffer.from(await toHash(rpId)))
  } catch (error) {
    throw notSupported(error)
  }
}

/** The passkey that a registration response makes. Throws the WebAuthn error of the first check that fails. */
export const registeredPasskey = async (
  credential: unknown,
  registration: PasskeyRegistration,
  about: { readonly pool: UserPool; readonly nowMs: number },
): Promise<Passkey> => {
  const response = readResponse(credential)
  const { challenge, relyingPartyId: rpId, usernameKey, sub } = registration
  const clientData = readClientData(response.response.clientDataJSON)
  if (clientData.challenge !== challenge)
    throw new Fault('WebAuthnChallengeNotFoundException', 'The challenge is not one that was issued.')
  if (!isOriginOf(clientData.origin, rpId))
    throw new Fault('WebAuthnOriginNotAllowedException', 'The origin of the credential is not allowed.')
  if (!(await isOfRelyingParty(response.response.attestationObject, rpId)))
    throw new Fault('WebAuthnRelyingPartyMismatchException', 'The credential is of another relying party.')
  const { verifyRegistrationResponse } = await loadWebAuthn()
  const verified = await verifyRegistrationResponse({
    response: { ...response, clientExtensionResults: response.clientExtensionResults ?? {} },
    expectedChallenge: challenge,
    expectedOrigin: clientData.origin,
    expectedRPID: rpId,
    requireUserVerification: userVerificationOf(about.pool) === 'required',
    supportedAlgorithmIDs: algorithms,
  }).catch((error: unknown) => {
    throw notSupported(error)
  })
  if (!verified.verified) throw notSupported()
  const made = verified.registrationInfo.credential
  return {
    credentialId: made.id,
    usernameKey,
    sub,
    publicKey: Buffer.from(made.publicKey).toString('base64url'),
    counter: made.counter,
    relyingPartyId: rpId,
    friendlyName,
    transports: [...(response.response.transports ?? [])].filter(isText).slice(0, transportsMax),
    ...(isText(response.authenticatorAttachment) ? { attachment: response.authenticatorAttachment } : {}),
    createdAtMs: about.nowMs,
  }
}

/** More than there are kinds of transport. */
const transportsMax = 10
