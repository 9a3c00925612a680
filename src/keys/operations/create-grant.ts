// CreateGrant: lets a principal do some things with the key, under constraints, until the grant is retired or revoked.
import type { CreateGrantRequest } from '@aws-sdk/client-kms'
import { Fault } from '../../wire/fault.ts'
import { isAllowed } from '../authorize.ts'
import { grantOperationsOf } from '../grant-operations.ts'
import { coversGrant, type Grant, grantAllows, grantsPerKeyMax, newGrantToken } from '../grants.ts'
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

const wrong = (message: string): Fault => new Fault('ValidationException', message)

/** One principal of the two members that can name it. */
const oneOf = (member: string, principal?: string, service?: string): string | undefined => {
  if (principal !== undefined && service !== undefined)
    throw wrong(`Give ${member}Principal or ${member}ServicePrincipal, not both.`)
  return principal ?? service
}

const arnOrAccount = /^(arn:aws[\w-]*:(iam|sts)::\d{12}:.+|\d{12})$/
const serviceName = /^[\w.-]+\.amazonaws\.com(\.cn)?$/

/** A service has members of its own, and more that it must have: it can't come by those of others. */
const requirePrincipal = (principal: string, isService: boolean): string => {
  if ((isService ? serviceName : arnOrAccount).test(principal)) return principal
  throw new Fault('InvalidArnException', `ARN does not refer to a valid principal: ${principal}`)
}

const principalsOf = (input: CreateGrantRequest): Pick<Grant, 'grantee' | 'retirer'> => {
  const { GranteeServicePrincipal: service, Constraints } = input
  const grantee = oneOf('Grantee', input.GranteePrincipal, service)
  const retirer = oneOf('Retiring', input.RetiringPrincipal, input.RetiringServicePrincipal)
  if (grantee === undefined) throw wrong('GranteePrincipal must be given.')
  if (service !== undefined && (Constraints?.SourceArn === undefined || retirer === undefined))
    throw wrong('A grant for a GranteeServicePrincipal has a SourceArn constraint and a retiring principal.')
  return {
    grantee: requirePrincipal(grantee, service !== undefined),
    ...(retirer === undefined
      ? {}
      : { retirer: requirePrincipal(retirer, input.RetiringServicePrincipal !== undefined) }),
  }
}

const operationsFor = (key: KeyRecord, { Operations = [] }: CreateGrantRequest): Grant['operations'] => {
  const operations = [...new Set(Operations)]
  if (operations.length === 0) throw wrong('Operations must not be empty.')
  const known = grantOperationsOf(key)
  const foreign = operations.filter((name) => !known.has(name))
  if (foreign.length > 0)
    throw wrong(
      `Grant Operations are not supported by a key of KeySpec ${specOf(key)} and KeyUsage ${usageOf(key)}: ${foreign.join(', ')}.`,
    )
  if (operations.every((name) => name === 'CreateGrant'))
    throw wrong('Grants must not contain only the CreateGrant operation.')
  return operations
}

/** "GrantConstraints", KMS API Reference. */
const constrainedPairsMax = 8
const constrainedCharactersMax = 384

const requireConstraints = (key: KeyRecord, { Constraints = {} }: CreateGrantRequest): void => {
  const { EncryptionContextEquals, EncryptionContextSubset } = Constraints
  if (!isSymmetricEncryption(key) && (EncryptionContextEquals ?? EncryptionContextSubset) !== undefined)
    throw wrong(
      'Encryption context grant constraints are for symmetric encryption keys: operations with other keys have no encryption context.',
    )
  for (const wanted of [EncryptionContextEquals ?? {}, EncryptionContextSubset ?? {}]) {
    const values = Object.values(wanted)
    if (values.length > constrainedPairsMax)
      throw wrong(`An encryption context grant constraint has at most ${constrainedPairsMax} pairs.`)
    if (values.some((value) => value.length > constrainedCharactersMax))
      throw wrong(
        `A value of an encryption context grant constraint has at most ${constrainedCharactersMax} characters.`,
      )
  }
}

const grantFrom = (input: CreateGrantRequest, key: KeyRecord, context: KeyContext): Grant => {
  const { grantee, retirer } = principalsOf(input)
  const operations = operationsFor(key, input)
  requireConstraints(key, input)
  return {
    grantId: context.random.bytes(32).toString('hex'),
    createdAtMs: context.clock.now(),
    ...(input.Name === undefined ? {} : { name: input.Name }),
    grantee,
    ...(retirer === undefined ? {} : { retirer }),
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
    const answerFor = ({ grantId }: Grant) => ({
      GrantId: grantId,
      GrantToken: newGrantToken(key.keyId, grantId, context.random),
    })
    if (known !== undefined) return answerFor(known)
    if (grants.length >= grantsPerKeyMax)
      throw new Fault(
        'LimitExceededException',
        `${keyArnOf(key.keyId, context)} has ${grantsPerKeyMax} grants, the most that a key can have.`,
      )
    if (input.DryRun === true) return {}
    const changed = { keyId: key.keyId, grants: [...grants, grant] }
    await (stored === undefined ? records.create(changed) : records.replace(stored, changed))
    return answerFor(grant)
  },
})
