// Decides whether a caller may do something with a key: an explicit deny wins, then an allow, else no.
import { Fault } from '../wire/fault.ts'
import type { Caller } from '../wire/service.ts'
import { type ConditionContext, conditionHolds, matchesWildcard } from './conditions.ts'
import { type KeyPolicy, type PolicyStatement, parsePolicy } from './policy.ts'

export type KeyRequest = {
  readonly caller: Caller
  /** For example `kms:Decrypt`. */
  readonly action: string
  readonly keyArn: string
  readonly account: string
  readonly encryptionContext?: Readonly<Record<string, string>>
}

const contextOf = (request: KeyRequest): ConditionContext => {
  const { caller, encryptionContext = {} } = request
  const entries: [string, readonly string[]][] = [
    ['kms:calleraccount', [caller.account]],
    ...Object.entries(encryptionContext).map(([key, value]): [string, readonly string[]] => [
      `kms:encryptioncontext:${key.toLowerCase()}`,
      [value],
    ]),
  ]
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

const covers = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => matchesWildcard(pattern.toLowerCase(), text.toLowerCase()))

const applies = (statement: PolicyStatement, request: KeyRequest, context: ConditionContext): boolean => {
  const { Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition = {} } = statement
  if (Principal !== undefined && !names(Principal, request.caller)) return false
  if (NotPrincipal !== undefined && names(NotPrincipal, request.caller)) return false
  if (Action !== undefined && !covers(Action, request.action)) return false
  if (NotAction !== undefined && covers(NotAction, request.action)) return false
  if (Resource !== undefined && !covers(Resource, request.keyArn)) return false
  if (NotResource !== undefined && covers(NotResource, request.keyArn)) return false
  return Object.entries(Condition).every(([operator, lines]) =>
    Object.entries(lines).every(([key, wanted]) => conditionHolds(operator, key, wanted, context)),
  )
}

export const isAllowed = (policy: KeyPolicy, request: KeyRequest): boolean => {
  const context = contextOf(request)
  const applying = policy.Statement.filter((statement) => applies(statement, request, context))
  return applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow')
}

const nameOf = (caller: Caller): string => (caller.kind === 'account' ? caller.arn : caller.principal)

/** Throws AccessDeniedException when the key's policy does not allow the request. */
export const authorize = (policyText: string, request: KeyRequest): void => {
  if (isAllowed(parsePolicy(policyText), request)) return
  throw new Fault(
    'AccessDeniedException',
    `User: ${nameOf(request.caller)} is not authorized to perform: ${request.action} on resource: ${request.keyArn} ` +
      `because no resource-based policy allows the ${request.action} action`,
  )
}
