// Key policies: the document as it was given, checked and brought into one shape ("Key policies in AWS KMS", KMS Developer Guide).
import { z } from 'zod'
import { asList, condition, incomparableValue, oneOrMore } from '../iam/statement.ts'
import { Fault } from '../wire/fault.ts'

const principal = z.union([
  z.literal('*').transform(() => ({ AWS: ['*'] })),
  z.strictObject({
    AWS: oneOrMore.optional(),
    Service: oneOrMore.optional(),
    Federated: oneOrMore.optional(),
  }),
])

/** A statement without what it is about is taken, and has no effect: see authorize.ts ("PutKeyPolicy", KMS API Reference). */
const statement = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Principal: principal.optional(),
    NotPrincipal: principal.optional(),
    Action: oneOrMore.optional(),
    NotAction: oneOrMore.optional(),
    Resource: oneOrMore.optional(),
    NotResource: oneOrMore.optional(),
    Condition: condition.optional(),
  })
  .refine(
    (value) => (value.Principal === undefined) !== (value.NotPrincipal === undefined),
    'needs a Principal',
  )
  .refine((value) => value.Action === undefined || value.NotAction === undefined, 'has two kinds of Action')
  .refine(
    (value) => value.Resource === undefined || value.NotResource === undefined,
    'has two kinds of Resource',
  )

const policyDocument = z.strictObject({
  Version: z.enum(['2012-10-17', '2008-10-17']).optional(),
  Id: z.string().optional(),
  Statement: z.preprocess(asList, z.array(statement).min(1)),
})

export type KeyPolicy = z.infer<typeof policyDocument>
export type PolicyStatement = KeyPolicy['Statement'][number]

const policyLengthMax = 32_768

/** Parses a policy document. Throws MalformedPolicyDocumentException, LimitExceededException. */
export const parsePolicy = (text: string): KeyPolicy => {
  if (text.length > policyLengthMax)
    throw new Fault('LimitExceededException', `A key policy has at most ${policyLengthMax} characters.`)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Fault('MalformedPolicyDocumentException', 'The key policy is not valid JSON.')
  }
  const parsed = policyDocument.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Fault(
    'MalformedPolicyDocumentException',
    `The key policy is not valid: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
  )
}

/** Everybody, an account, or an ARN or unique ID of a principal that can ask: groups can't ("AWS JSON policy elements: Principal"). */
const awsPrincipal =
  /^(\*|\d{12}|A[A-Z]{3}[A-Z0-9]{12,}|arn:aws[\w-]*:(iam::\d{12}:(root|(user|role)\/.+)|sts::\d{12}:(assumed-role|federated-user)\/.+))$/
const servicePrincipal = /^[\w.-]+\.(amazonaws\.com(\.cn)?|amazon\.com)$/

const hasValidPrincipals = ({ Principal, NotPrincipal }: PolicyStatement): boolean => {
  const principals: z.infer<typeof principal> = Principal ?? NotPrincipal ?? { AWS: [] }
  const services = 'Service' in principals ? (principals.Service ?? []) : []
  return (
    (principals.AWS ?? []).every((name) => awsPrincipal.test(name)) &&
    services.every((name) => servicePrincipal.test(name))
  )
}

/** Parses a policy that a key is to get. Throws as parsePolicy, and MalformedPolicyDocumentException for what is no principal, an allow for
 * all but some, or no value for its condition operator. */
export const parseNewPolicy = (text: string): KeyPolicy => {
  const policy = parsePolicy(text)
  if (!policy.Statement.every(hasValidPrincipals))
    throw new Fault(
      'MalformedPolicyDocumentException',
      'Policy contains a statement with one or more invalid principals.',
    )
  // It would let in everybody else ("AWS JSON policy elements: NotPrincipal", IAM User Guide: "is not supported").
  if (policy.Statement.some(({ Effect, NotPrincipal }) => Effect === 'Allow' && NotPrincipal !== undefined))
    throw new Fault(
      'MalformedPolicyDocumentException',
      'The key policy is not valid: NotPrincipal must be used with the Effect Deny.',
    )
  const value = policy.Statement.map(({ Condition = {} }) => incomparableValue(Condition)).find(Boolean)
  if (value !== undefined)
    throw new Fault(
      'MalformedPolicyDocumentException',
      `The key policy is not valid: a condition has a value of the wrong kind: ${value}`,
    )
  return policy
}

/** The policy of a key that was made without one: the account may do everything, nobody else anything. */
export const defaultPolicy = (account: string): string =>
  JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${account}:root` },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    },
    undefined,
    2,
  )
