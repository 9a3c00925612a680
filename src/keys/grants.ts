// Grants: what a key's owner allows one principal to do with it, besides the key's policy ("Grants in AWS KMS", KMS Developer Guide).
import type { GrantConstraints, GrantListEntry, GrantOperation } from '@aws-sdk/client-kms'
import { matchesWildcard } from '../iam/wildcards.ts'
import type { Random } from '../telemetry/clock.ts'
import type { Caller } from '../wire/service.ts'
import type { EncryptionContext } from './encryption-context.ts'

/** AWS allows more; a key with that many grants is slow there too. */
export const grantsPerKeyMax = 500

export type Grant = {
  readonly grantId: string
  readonly createdAtMs: number
  readonly name?: string
  /** ARN, account or service principal. */
  readonly grantee: string
  readonly retirer?: string
  readonly operations: readonly GrantOperation[]
  readonly constraints?: GrantConstraints
}

/** All grants of one key. */
export type KeyGrants = { readonly keyId: string; readonly grants: readonly Grant[] }

const isService = (principal: string): boolean => /\.amazonaws\.com(\.cn)?$/.test(principal)

/** Whether a principal of a grant is this caller. The account's root is named by its ARN or by the account ID alone. */
export const isPrincipal = (principal: string | undefined, caller: Caller): boolean => {
  if (principal === undefined) return false
  if (caller.kind === 'service') return principal === caller.principal
  return principal === caller.arn || (principal === caller.account && caller.arn.endsWith(':root'))
}

const includesAll = (context: EncryptionContext, wanted: EncryptionContext): boolean =>
  Object.entries(wanted).every(([key, value]) => context[key] === value)

/** Operations that take an encryption context: only for them do its constraints count. */
const contextual = new Set<string>([
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
])

const constraintsHold = (
  { EncryptionContextEquals, EncryptionContextSubset, SourceArn }: GrantConstraints,
  operation: string,
  context: EncryptionContext,
  caller: Caller,
): boolean => {
  // None of the constraints is about the end of the grant (GrantConstraints, KMS API Reference).
  if (operation === 'RetireGrant') return true
  if (SourceArn !== undefined) {
    if (caller.kind !== 'service' || caller.sourceArn === undefined) return false
    if (!matchesWildcard(SourceArn, caller.sourceArn)) return false
  }
  if (!contextual.has(operation)) return true
  if (EncryptionContextSubset !== undefined && !includesAll(context, EncryptionContextSubset)) return false
  return (
    EncryptionContextEquals === undefined ||
    (includesAll(context, EncryptionContextEquals) && includesAll(EncryptionContextEquals, context))
  )
}

/** `action` is `kms:` and a grant operation. */
export const grantAllows = (
  grant: Grant,
  request: {
    readonly caller: Caller
    readonly action: string
    readonly encryptionContext?: EncryptionContext
  },
): boolean => {
  const { caller, action, encryptionContext = {} } = request
  const operation = action.slice('kms:'.length)
  return (
    isPrincipal(grant.grantee, caller) &&
    (grant.operations as readonly string[]).includes(operation) &&
    constraintsHold(grant.constraints ?? {}, operation, encryptionContext, caller)
  )
}

const isEqual = (left: EncryptionContext, right: EncryptionContext): boolean =>
  includesAll(left, right) && includesAll(right, left)

const isAsStrict = (child: GrantConstraints, parent: GrantConstraints): boolean => {
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn } = parent
  const childEquals = child.EncryptionContextEquals
  if (SourceArn !== undefined && child.SourceArn !== SourceArn) return false
  if (equals !== undefined && (childEquals === undefined || !isEqual(childEquals, equals))) return false
  if (subset === undefined) return true
  return includesAll(childEquals ?? child.EncryptionContextSubset ?? {}, subset)
}

/** Whether a grantee may give `child` on: only operations of their own grant, under constraints at least as strict. */
export const coversGrant = (parent: Grant, child: Grant): boolean =>
  child.operations.every((operation) => parent.operations.includes(operation)) &&
  isAsStrict(child.constraints ?? {}, parent.constraints ?? {})

/**
 * Names the grant; it gives nothing by itself: who shows it has to be the grantee or the retiring principal all the same. No two are alike, and all
 * of a grant are good (CreateGrant, KMS API Reference).
 */
export const newGrantToken = (keyId: string, grantId: string, random: Random): string =>
  Buffer.from(JSON.stringify([keyId, grantId, random.bytes(16).toString('base64url')])).toString('base64url')

export const readGrantToken = (
  token: string,
): { readonly keyId: string; readonly grantId: string } | undefined => {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (!Array.isArray(parsed)) return undefined
    const [keyId, grantId] = parsed as unknown[]
    return typeof keyId === 'string' && typeof grantId === 'string' ? { keyId, grantId } : undefined
  } catch {
    return undefined
  }
}

export const describedGrant = (
  grant: Grant,
  key: { readonly arn: string; readonly account: string },
): GrantListEntry => {
  const { grantee, retirer } = grant
  return {
    KeyId: key.arn,
    GrantId: grant.grantId,
    Name: grant.name ?? '',
    CreationDate: new Date(grant.createdAtMs),
    ...(isService(grantee) ? { GranteeServicePrincipal: grantee } : {}),
    GranteePrincipal: grantee,
    ...(retirer === undefined
      ? {}
      : isService(retirer)
        ? { RetiringServicePrincipal: retirer, RetiringPrincipal: retirer }
        : { RetiringPrincipal: retirer }),
    IssuingAccount: `arn:aws:iam::${key.account}:root`,
    Operations: [...grant.operations],
    ...(grant.constraints === undefined ? {} : { Constraints: grant.constraints }),
  }
}
