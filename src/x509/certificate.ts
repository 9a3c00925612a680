// X.509 certificates (RFC 5280): an authority with a P-256 key, certificates of servers and of peers under it, and self-signed ones with RSA keys.
import {
  createHash,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import type { Random } from '../telemetry/clock.ts'
import {
  bitString,
  boolean,
  context,
  integer,
  objectId,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts'

const ids = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  sha256WithRsaEncryption: '1.2.840.113549.1.1.11',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  clientAuthentication: '1.3.6.1.5.5.7.3.2',
} as const

export type CertifiedKey = {
  readonly certificate: string
  readonly privateKey: KeyObject
  readonly name: string
}

type Validity = { readonly fromMs: number; readonly untilMs: number }

/** RFC 5758, section 3.2: no parameters. RFC 4055, section 5: with RSA they are NULL. */
const signatureAlgorithm = (key: KeyObject): Buffer =>
  key.asymmetricKeyType === 'rsa'
    ? sequence(objectId(ids.sha256WithRsaEncryption), Buffer.of(0x05, 0x00))
    : sequence(objectId(ids.ecdsaWithSha256))

const nameOf = (commonName: string): Buffer =>
  sequence(set(sequence(objectId(ids.commonName), utf8String(commonName))))

const extension = (id: string, isCritical: boolean, value: Uint8Array): Buffer =>
  sequence(objectId(id), ...(isCritical ? [boolean(true)] : []), octetString(value))

/** RFC 5280, section 4.2.1.2, method 1: the hash of the key's bits, which end the SubjectPublicKeyInfo of a P-256 key. */
const keyIdentifier = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-65))
    .digest()

/** The 16 bytes of an IPv6 address, or the 4 of an IPv4 one. */
const addressBytes = (address: string): Buffer => {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const middle = Array<string>(8 - left.length - right.length).fill('0')
  return Buffer.from([...left, ...middle, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

const alternativeName = (name: string): Buffer =>
  isIP(name) === 0 ? context(2, Buffer.from(name), true) : context(7, addressBytes(name), true)

const certify = (options: {
  readonly subject: string
  readonly subjectKey: KeyObject
  readonly issuer: string
  readonly issuerKey: KeyObject
  readonly validity: Validity
  readonly extensions: readonly Buffer[]
  readonly random: Random
}): string => {
  const serial = options.random.bytes(16)
  // A serial number is positive and its first byte is not a superfluous zero.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const toSign = sequence(
    context(0, integer(Buffer.of(2))),
    integer(serial),
    signatureAlgorithm(options.issuerKey),
    nameOf(options.issuer),
    sequence(time(options.validity.fromMs), time(options.validity.untilMs)),
    nameOf(options.subject),
    createPublicKey(options.subjectKey).export({ type: 'spki', format: 'der' }),
    context(3, sequence(...options.extensions)),
  )
  const whole = sequence(
    toSign,
    signatureAlgorithm(options.issuerKey),
    bitString(sign('sha256', toSign, options.issuerKey)),
  )
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** With a new key, or with a P-256 key that is there already. */
export const makeAuthority = (
  name: string,
  validity: Validity,
  random: Random,
  privateKey: KeyObject = newKey(),
): CertifiedKey => {
  const extensions = [
    extension(ids.basicConstraints, true, sequence(boolean(true), integer(Buffer.of(0)))),
    // keyCertSign and cRLSign: bits 5 and 6.
    extension(ids.keyUsage, true, bitString(Buffer.of(0x06), 1)),
    extension(ids.subjectKeyIdentifier, false, octetString(keyIdentifier(privateKey))),
  ]
  const both = { subject: name, subjectKey: privateKey, issuer: name, issuerKey: privateKey }
  return { certificate: certify({ ...both, validity, extensions, random }), privateKey, name }
}

const certifyUnder = (
  authority: CertifiedKey,
  name: string,
  options: {
    readonly names: readonly string[]
    readonly usages: readonly string[]
    readonly validity: Validity
    readonly random: Random
  },
): CertifiedKey => {
  const privateKey = newKey()
  const extensions = [
    extension(ids.basicConstraints, true, sequence()),
    // digitalSignature: bit 0.
    extension(ids.keyUsage, true, bitString(Buffer.of(0x80), 7)),
    extension(ids.extendedKeyUsage, false, sequence(...options.usages.map(objectId))),
    extension(ids.subjectAlternativeName, false, sequence(...options.names.map(alternativeName))),
    extension(ids.subjectKeyIdentifier, false, octetString(keyIdentifier(privateKey))),
    extension(
      ids.authorityKeyIdentifier,
      false,
      sequence(context(0, keyIdentifier(authority.privateKey), true)),
    ),
  ]
  const certificate = certify({
    issuer: authority.name,
    issuerKey: authority.privateKey,
    subject: name,
    subjectKey: privateKey,
    validity: options.validity,
    extensions,
    random: options.random,
  })
  return { certificate, privateKey, name }
}

/** `names` are DNS names (a first label `*` is a wildcard) and IP addresses. */
export const makeServerCertificate = (
  authority: CertifiedKey,
  names: readonly string[],
  validity: Validity,
  random: Random,
): CertifiedKey =>
  certifyUnder(authority, 'twinpool', { names, usages: [ids.serverAuthentication], validity, random })

/** Of one of several equals, which calls the others as well as being called: for both ends of TLS. */
export const makePeerCertificate = (
  authority: CertifiedKey,
  name: string,
  validity: Validity,
  random: Random,
): CertifiedKey =>
  certifyUnder(authority, name, {
    names: [name],
    usages: [ids.serverAuthentication, ids.clientAuthentication],
    validity,
    random,
  })

const newRsaKey = async (): Promise<KeyObject> =>
  (await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 })).privateKey

/** For signing messages, as SAML does: an RSA-2048 key that certifies itself. */
export const makeSelfSigned = async (
  name: string,
  validity: Validity,
  random: Random,
): Promise<CertifiedKey> => {
  const privateKey = await newRsaKey()
  const extensions = [
    extension(ids.basicConstraints, true, sequence()),
    // digitalSignature: bit 0.
    extension(ids.keyUsage, true, bitString(Buffer.of(0x80), 7)),
  ]
  const both = { subject: name, subjectKey: privateKey, issuer: name, issuerKey: privateKey }
  return { certificate: certify({ ...both, validity, extensions, random }), privateKey, name }
}
