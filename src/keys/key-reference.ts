// What a KeyId in a request means: a key ID, a key ARN, an alias or an alias ARN, and which operations take an alias.
import { Fault } from '../wire/fault.ts'

type Place = { readonly region: string; readonly account: string }

export const keyArnOf = (keyId: string, { region, account }: Place): string =>
  `arn:aws:kms:${region}:${account}:key/${keyId}`
export const aliasArnOf = (name: string, { region, account }: Place): string =>
  `arn:aws:kms:${region}:${account}:${name}`

const arnSyntax = /^arn:aws[\w-]*:kms:([\w-]+):(\d{12}):(key\/[^/:]+|alias\/.+)$/
/** "Key identifiers (KeyId)", KMS Developer Guide: a UUID, or mrk- and 32 hexadecimal digits. */
const idSyntax = /^([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|mrk-[\da-f]{32})$/i

/** Permissions of the operations that take an alias: DescribeKey and cryptography ("Controlling access to aliases", KMS Developer Guide). */
const takingAliases: ReadonlySet<string> = new Set(
  [
    'DescribeKey',
    'GetPublicKey',
    'Encrypt',
    'Decrypt',
    'ReEncryptFrom',
    'ReEncryptTo',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'Sign',
    'Verify',
    'GenerateMac',
    'VerifyMac',
    'DeriveSharedSecret',
    'Encapsulate',
    'Decapsulate',
  ].map((operation) => `kms:${operation}`),
)

const invalidKeyId = (reference: string): Fault =>
  new Fault('NotFoundException', `Invalid keyId '${reference}'`)

/** What AWS says to somebody who asks for a key of an account that tells them nothing. */
const foreignAccount = (callerName: string, action: string, arn: string): Fault =>
  new Fault(
    'AccessDeniedException',
    `User: ${callerName} is not authorized to perform: ${action} on resource: ${arn} because the resource does not exist in this Region, ` +
      'no resource-based policies allow access, or a resource-based policy explicitly denies access',
  )

/**
 * The plain key ID, or the alias name that has to be looked up. Throws NotFoundException, InvalidArnException, AccessDeniedException.
 * `action` is the permission that the request needs.
 */
export const parseKeyReference = (
  reference: string,
  action: string,
  place: Place & { readonly callerName: string },
): { readonly keyId: string } | { readonly alias: string } => {
  const takesAlias = takingAliases.has(action)
  if (!reference.startsWith('arn:')) {
    if (idSyntax.test(reference)) return { keyId: reference }
    if (!reference.startsWith('alias/') || !takesAlias) throw invalidKeyId(reference)
    return { alias: reference }
  }
  const match = arnSyntax.exec(reference)
  if (match === null) throw new Fault('InvalidArnException', `Invalid arn ${reference}`)
  const [, region, account, resource = ''] = match
  const isAlias = resource.startsWith('alias/')
  if (isAlias && !takesAlias)
    throw new Fault('InvalidArnException', 'Key Aliases are not supported for this operation.')
  if (region !== place.region) throw new Fault('NotFoundException', `Invalid arn ${region}`)
  if (account !== place.account) throw foreignAccount(place.callerName, action, reference)
  if (isAlias) return { alias: resource }
  const keyId = resource.slice('key/'.length)
  if (!idSyntax.test(keyId)) throw invalidKeyId(keyId)
  return { keyId }
}
