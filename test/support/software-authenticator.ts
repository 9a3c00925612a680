// A passkey provider and browser in software: ES256 keys, 'none' attestation, answers in WebAuthn's JSON form.
import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'

type Creation = {
  readonly challenge: string
  readonly rp: { readonly id?: string }
  readonly user: { readonly id: string }
}
type Request = {
  readonly challenge: string
  readonly rpId?: string
  readonly allowCredentials?: readonly { readonly id: string }[]
}

type Behaviour = {
  readonly origin: string
  /** Claims another relying party than the options name. */
  readonly rpId?: string
  readonly isUserVerified?: boolean
  readonly counter?: number
  readonly algorithm?: 'ES256' | 'EdDSA'
  readonly challenge?: string
  readonly type?: string
}

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest()

/** The little of CBOR (RFC 8949) that WebAuthn needs: integers, byte and text strings, maps. */
const head = (major: number, value: number): Buffer =>
  value < 24
    ? Buffer.from([(major << 5) | value])
    : value < 256
      ? Buffer.from([(major << 5) | 24, value])
      : Buffer.from([(major << 5) | 25, value >> 8, value & 0xff])
type Cbor =
  | number
  | string
  | Buffer
  | ReadonlyMap<number | string, number | string | Buffer | ReadonlyMap<string, never>>
const cbor = (value: Cbor): Buffer => {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  const entries = [...value].flatMap(([key, item]) => [cbor(key), cbor(item)])
  return Buffer.concat([head(5, value.size), ...entries])
}

const userPresent = 0x01
const userVerified = 0x04
const attestedData = 0x40

/** COSE keys (RFC 9053): EC2 on P-256 for ES256, OKP on Ed25519 for EdDSA. */
const coseKey = (key: KeyObject, algorithm: 'ES256' | 'EdDSA'): Buffer => {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const part = (text: string): Buffer => Buffer.from(text, 'base64url')
  return algorithm === 'EdDSA'
    ? cbor(
        new Map<number | string, number | Buffer>([
          [1, 1],
          [3, -8],
          [-1, 6],
          [-2, part(x)],
        ]),
      )
    : cbor(
        new Map<number | string, number | Buffer>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, part(x)],
          [-3, part(y)],
        ]),
      )
}

const authenticatorData = (rpId: string, flags: number, counter: number, rest = Buffer.alloc(0)): Buffer => {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, rest])
}

const clientData = (type: string, challenge: string, origin: string): Buffer =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))

export const createAuthenticator = () => {
  const keys = new Map<
    string,
    { readonly privateKey: KeyObject; readonly rpId: string; readonly userId: string }
  >()

  /** navigator.credentials.create(). */
  const create = (options: Creation, behaviour: Behaviour) => {
    const { algorithm = 'ES256' } = behaviour
    const { privateKey, publicKey } =
      algorithm === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const credentialId = randomBytes(32)
    const rpId = behaviour.rpId ?? options.rp.id ?? ''
    const flags = userPresent | attestedData | (behaviour.isUserVerified === false ? 0 : userVerified)
    const length = Buffer.from([credentialId.length >> 8, credentialId.length & 0xff])
    const authData = authenticatorData(
      rpId,
      flags,
      behaviour.counter ?? 0,
      Buffer.concat([Buffer.alloc(16), length, credentialId, coseKey(publicKey, algorithm)]),
    )
    const id = credentialId.toString('base64url')
    keys.set(id, { privateKey, rpId, userId: options.user.id })
    return {
      id,
      rawId: id,
      type: 'public-key' as const,
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData(
          behaviour.type ?? 'webauthn.create',
          behaviour.challenge ?? options.challenge,
          behaviour.origin,
        ).toString('base64url'),
        attestationObject: cbor(
          new Map<number | string, string | Buffer | ReadonlyMap<string, never>>([
            ['fmt', 'none'],
            ['attStmt', new Map<string, never>()],
            ['authData', authData],
          ]),
        ).toString('base64url'),
        transports: ['internal', 'hybrid'],
      },
    }
  }

  /** navigator.credentials.get(), as JSON text; `credentialId` is one of those that the options allow. */
  const get = (optionsText: string | undefined, behaviour: Behaviour): string => {
    const options = JSON.parse(optionsText ?? '') as Request
    const id = options.allowCredentials?.find((allowed) => keys.has(allowed.id))?.id ?? ''
    const key = keys.get(id)
    if (key === undefined) throw new Error('the authenticator has none of the allowed passkeys')
    const flags = userPresent | (behaviour.isUserVerified === false ? 0 : userVerified)
    const authData = authenticatorData(behaviour.rpId ?? options.rpId ?? '', flags, behaviour.counter ?? 0)
    const data = clientData(
      behaviour.type ?? 'webauthn.get',
      behaviour.challenge ?? options.challenge,
      behaviour.origin,
    )
    const signature = createSign('sha256')
      .update(Buffer.concat([authData, sha256(data)]))
      .sign(key.privateKey)
    return JSON.stringify({
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: data.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: key.userId,
      },
    })
  }

  return { create, get }
}
