// Decides whether a caller may do something with a key: an explicit deny wins, then an allow, else no.

import type { ConditionContext } from '../iam/condition-context.ts'
import { accessDenied } from '../iam/permission.ts'
import { conditionsHold, coversAction, coversResource } from '../iam/statement.ts'
import { variablesOf } from '../iam/variables.ts'
import { Fault } from '../wire/fault.ts'
import type { Caller } from '../wire/service.ts'
import { type Grant, grantAllows, isPrincipal } from './grants.ts'
import { type KeyPolicy, type PolicyStatement, parsePolicy } from './policy.ts'

export type KeyRequest = {
  readonly caller: Caller
  /** For example `kms:Decrypt`. */
  readonly action: string
  readonly keyArn: string
  readonly account: string
  readonly encryptionContext?: Readonly<Record<string, string>>
  /** What the request and the key bring besides: see request-conditions.ts. */
  readonly conditions?: ConditionContext
}

/** The key's grants, read only when its policy does not settle the matter. */
type Granted = { readonly grants?: () => Promise<readonly Grant[]> }

const contextOf = (request: KeyRequest): ConditionContext => {
  const { caller, encryptionContext = {} } = request
  const entries: [string, readonly string[]][] = [
    ...(request.conditions ?? []),
    ['kms:calleraccount', [caller.account]],
  ]
  // Condition keys ignore case and an encryption context doesn't: of members that differ in case alone, all values count.
  const members = Object.groupBy(Object.entries(encryptionContext), ([key]) => key.toLowerCase())
  for (const [key, pairs = []] of Object.entries(members))
    entries.push([`kms:encryptioncontext:${key}`, pairs.map(([, value]) => value)])
  if (Object.keys(encryptionContext).length > 0)
    entries.push(['kms:encryptioncontextkeys', Object.keys(encryptionContext)])
  if (caller.kind === 'account')
    entries.push(['aws:principalarn', [caller.arn]], ['aws:principalaccount', [caller.account]])
  else {
    entries.push(['aws:principalisawsservice', ['true']], ['aws:principalservicename', [caller.principal]])
    if (caller.sourceArn !== undefined) entries.push(['aws:sourcearn', [caller.sourceArn]])
    if (caller.sourceAccount !== undefined) entries.push(['aws:sourceaccount', [caller.sourceAccount]])
  }
  return new Map(entries)
}

type PrincipalSet = NonNullable<PolicyStatement['Principal']>

const names = (principals: PrincipalSet, caller: Caller): boolean => {
  const { AWS = [] } = principals
  if (AWS.includes('*')) return true
  if (caller.kind === 'service')
    return 'Service' in principals && (principals.Service ?? []).includes(caller.principal)
  return AWS.some(
    (name) =>
      name === caller.account || name === `arn:aws:iam::${caller.account}:root` || name === caller.arn,
  )
}

/**
 * Whom a deny spares: an account's ARN alone spares its root and none of its users, and a user is spared who is named beside the account
 * ("AWS JSON policy elements: NotPrincipal", IAM User Guide).
 */
const isSpared = (principals: PrincipalSet, caller: Caller): boolean => {
  const { AWS = [] } = principals
  const isUser = caller.kind === 'account' && !caller.arn.endsWith(':root')
  if (isUser && !AWS.includes('*') && !AWS.includes(caller.arn)) return false
  const account = isUser ? { ...caller, arn: `arn:aws:iam::${caller.account}:root` } : caller
  return names(principals, account)
}

const applies = (
  statement: PolicyStatement,
  request: KeyRequest,
  context: ConditionContext,
  variables: ConditionContext | undefined,
): boolean => {
  const {
    Effect,
    Principal,
    NotPrincipal,
    Action,
    NotAction,
    Resource,
    NotResource,
    Condition = {},
  } = statement
  if ((Action ?? NotAction) === undefined || (Resource ?? NotResource) === undefined) return false
  if (Principal !== undefined && !names(Principal, request.caller)) return false
  const isExcepted = Effect === 'Deny' ? isSpared : names
  if (NotPrincipal !== undefined && isExcepted(NotPrincipal, request.caller)) return false
  if (Action !== undefined && !coversAction(Action, request.action)) return false
  if (NotAction !== undefined && coversAction(NotAction, request.action)) return false
  if (Resource !== undefined && !coversResource(Resource, request.keyArn, variables)) return false
  if (NotResource !== undefined && coversResource(NotResource, request.keyArn, variables)) return false
  return conditionsHold(Condition, context, variables)
}

/** Whether a statement names this very caller, and not only the account that it is of. */
const namesDirectly = ({ Principal }: PolicyStatement, caller: Caller): boolean =>
  Principal?.AWS?.some((name) => name === '*' || (caller.kind === 'account' && name === caller.arn)) ??
  caller.kind === 'service'

type Decision =
  | 'allow'
  | 'explicit deny of the key policy'
  | 'explicit deny of the identity'
  | 'identity is silent'
  | 'key policy is silent'

/**
 * Root and services may do what the key's policy allows. A user may do what it allows them by name, or what it leaves to the account and their own
 * policies allow ("Determining access to AWS KMS keys", KMS Developer Guide). A deny anywhere wins.
 */
const decide = (policy: KeyPolicy, request: KeyRequest): Decision => {
  const { caller, action, keyArn } = request
  const context = contextOf(request)
  const variables = variablesOf(policy, context)
  const applying = policy.Statement.filter((statement) => applies(statement, request, context, variables))
  if (applying.some(({ Effect }) => Effect === 'Deny')) return 'explicit deny of the key policy'
  const ofUser = caller.kind === 'account' ? caller.decide : undefined
  if (ofUser === undefined) return applying.length > 0 ? 'allow' : 'key policy is silent'
  const own = ofUser({ action, resource: keyArn, context })
  if (own === 'Deny') return 'explicit deny of the identity'
  if (applying.some((statement) => namesDirectly(statement, caller))) return 'allow'
  if (applying.length === 0) return 'key policy is silent'
  return own === 'Allow' ? 'allow' : 'identity is silent'
}

export const isAllowed = (policy: KeyPolicy, request: KeyRequest): boolean =>
  decide(policy, request) === 'allow'

export const callerNameOf = (caller: Caller): string =>
  caller.kind === 'account' ? caller.arn : caller.principal

const isExplicit = (decision: Decision): boolean => decision.startsWith('explicit deny')

const refusalOf = (decision: Decision, { caller, action, keyArn }: KeyRequest): Fault => {
  const name = callerNameOf(caller)
  if (decision === 'explicit deny of the identity' || decision === 'identity is silent')
    return accessDenied(name, { action, resource: keyArn }, isExplicit(decision))
  return new Fault(
    'AccessDeniedException',
    `User: ${name} is not authorized to perform: ${action} on resource: ${keyArn} ` +
      (isExplicit(decision)
        ? 'with an explicit deny in a resource-based policy'
        : `because no resource-based policy allows the ${action} action`),
  )
}

/** Throws AccessDeniedException when neither the key's policy nor one of its grants allows the request. */
export const authorize = async (policyText: string, request: KeyRequest & Granted): Promise<void> => {
  const decision = decide(parsePolicy(policyText), request)
  if (decision === 'allow') return
  const grants = isExplicit(decision) || request.grants === undefined ? [] : await request.grants()
  if (!grants.some((grant) => grantAllows(grant, request))) throw refusalOf(decision, request)
}

/**
 * RetireGrant is no matter of the key's policy, which can only deny it: the grant says who may, and the account, which may leave it to its users'
 * own policies ("Retiring and revoking grants", KMS Developer Guide). Throws AccessDeniedException.
 */
export const authorizeRetiring = (policyText: string, request: KeyRequest, grant: Grant): void => {
  const decision = decide(parsePolicy(policyText), request)
  if (isExplicit(decision)) throw refusalOf(decision, request)
  const { caller, action, keyArn } = request
  if (isPrincipal(grant.retirer, caller) || grantAllows(grant, request)) return
  if (caller.kind === 'service') throw refusalOf('key policy is silent', request)
  if (caller.decide === undefined) return
  if (caller.decide({ action, resource: keyArn, context: contextOf(request) }) !== 'Allow')
    throw refusalOf('identity is silent', request)
}
