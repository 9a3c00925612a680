// CreateGrant: lets a principal do some things with the key, under constraints, until the grant is retired or revoked.
import type { CreateGrantRequest } from '@aws-sdk/client-kms'
import { Fault } from '../../wire/fault.ts'
import { isAllowed } from '../authorize.ts'
import { grantOperationsOf } from '../grant-operations.ts'
import { coversGrant, type Grant, grantAllows, grantsPerKeyMax, grantTokenOf } from '../grants.ts'
import {
  findKey,
  type KeyContext,
  keyArnOf,
  keyOperation,
  keyRequestOf,
  requireUsable,
} from '../key-operation.ts'
import type { KeyRecord } from '../key-records.ts'
import { isSymmetricEncryption, specOf, usageOf } from '../key-specs.ts'
import { parsePolicy } from '../policy.ts'

/** One principal of the two members that can name it. */
const oneOf = (member: string, principal?: string, service?: string): string | undefined => {
  if (principal !== undefined && service !== undefined)
    throw new Fault('ValidationException', `Give ${member}Principal or ${member}ServicePrincipal, not both.`)
  return principal ?? service
}

const arnOrAccount = /^(arn:aws[\w-]*:(iam|sts)::\d{12}:.+|\d{12}|[\w.-]+\.amazonaws\.com(\.cn)?)$/

const requirePrincipal = (principal: string): string => {
  if (arnOrAccount.test(principal)) return principal
  throw new Fault('InvalidArnException', `ARN does not refer to a valid principal: ${principal}`)
}

const grantFrom = (input: CreateGrantRequest, key: KeyRecord, context: KeyContext): Grant => {
  const grantee = oneOf('Grantee', input.GranteePrincipal, input.GranteeServicePrincipal)
  const retirer = oneOf('Retiring', input.RetiringPrincipal, input.RetiringServicePrincipal)
  if (grantee === undefined) throw new Fault('ValidationException', 'GranteePrincipal must be given.')
  const operations = [...new Set(input.Operations ?? [])]
  if (operations.length === 0) throw new Fault('ValidationException', 'Operations must not be empty.')
  const known = grantOperationsOf(key)
  const foreign = operations.filter((name) => !known.has(name))
  if (foreign.length > 0)
    throw new Fault(
      'ValidationException',
      `Grant Operations are not supported by a key of KeySpec ${specOf(key)} and KeyUsage ${usageOf(key)}: ${foreign.join(', ')}.`,
    )
  const { EncryptionContextEquals, EncryptionContextSubset } = input.Constraints ?? {}
  if (!isSymmetricEncryption(key) && (EncryptionContextEquals ?? EncryptionContextSubset) !== undefined)
    throw new Fault(
      'ValidationException',
      'Encryption context grant constraints are for symmetric encryption keys: operations with other keys have no encryption context.',
    )
  return {
    grantId: context.random.bytes(32).toString('hex'),
    createdAtMs: context.clock.now(),
    ...(input.Name === undefined ? {} : { name: input.Name }),
    grantee: requirePrincipal(grantee),
    ...(retirer === undefined ? {} : { retirer: requirePrincipal(retirer) }),
    operations,
    ...(input.Constraints === undefined ? {} : { constraints: input.Constraints }),
  }
}

/** With a name, a request that is made again gives the grant that is there. */
const isSame = (left: Grant, right: Grant): boolean => {
  const compared = ({ grantId: _id, createdAtMs: _at, ...rest }: Grant): string => JSON.stringify(rest)
  return left.name !== undefined && compared(left) === compared(right)
}

/** Who may grant because of a grant gives on no more than that. Throws AccessDeniedException. */
const requireGivable = async (
  grant: Grant,
  key: KeyRecord,
  grants: readonly Grant[],
  context: KeyContext,
): Promise<void> => {
  const request = await keyRequestOf(key, 'kms:CreateGrant', context)
  if (isAllowed(parsePolicy(key.policy), request)) return
  if (grants.some((parent) => grantAllows(parent, request) && coversGrant(parent, grant))) return
  throw new Fault(
    'AccessDeniedException',
    `The grant by which ${request.keyArn} lets this caller create grants does not cover the operations and constraints of the new one.`,
  )
}

export const createGrant = keyOperation({
  name: 'CreateGrant',
  handle: async (input, context) => {
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:CreateGrant', context)
    requireUsable(key, context)
    const grant = grantFrom(input, key, context)
    const { grants: records } = context.records
    const stored = await records.get(key.keyId)
    const grants = stored?.value.grants ?? []
    await requireGivable(grant, key, grants, context)
    const known = grants.find((one) => isSame(one, grant))
    if (known !== undefined)
      return { GrantId: known.grantId, GrantToken: grantTokenOf(key.keyId, known.grantId) }
    if (grants.length >= grantsPerKeyMax)
      throw new Fault(
        'LimitExceededException',
        `${keyArnOf(key.keyId, context)} has ${grantsPerKeyMax} grants, the most that a key can have.`,
      )
    if (input.DryRun === true) return {}
    const changed = { keyId: key.keyId, grants: [...grants, grant] }
    await (stored === undefined ? records.create(changed) : records.replace(stored, changed))
    return { GrantId: grant.grantId, GrantToken: grantTokenOf(key.keyId, grant.grantId) }
  },
})
