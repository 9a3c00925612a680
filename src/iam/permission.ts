// Holds a request against what its caller may do.
import { Fault } from '../wire/fault.ts'
import type { Caller, PermissionRequest } from '../wire/service.ts'

const because = {
  explicit: 'with an explicit deny in an identity-based policy',
  implicit: 'because no identity-based policy allows the',
}

/** The refusal in IAM's words (IAM User Guide, "Troubleshoot access denied error messages"). */
export const accessDenied = (
  caller: string,
  { action, resource }: Pick<PermissionRequest, 'action' | 'resource'>,
  isExplicit: boolean,
): Fault =>
  new Fault(
    'AccessDeniedException',
    `User: ${caller} is not authorized to perform: ${action} on resource: ${resource} ` +
      (isExplicit ? because.explicit : `${because.implicit} ${action} action`),
  )

/** What is known of any request: who asks, from where, when. */
export const requestContext = (
  caller: Caller,
  request: { readonly region: string; readonly sourceIp: string; readonly nowMs: number },
): ReadonlyMap<string, readonly string[]> => {
  const entries: [string, readonly string[]][] = [
    ['aws:principalaccount', [caller.account]],
    ['aws:requestedregion', [request.region]],
    ['aws:sourceip', [request.sourceIp.replace(/^::ffff:(?=\d+\.)/, '')]],
    ['aws:currenttime', [new Date(request.nowMs).toISOString()]],
    ['aws:epochtime', [String(Math.floor(request.nowMs / 1_000))]],
  ]
  if (caller.kind === 'account')
    entries.push(
      ['aws:principalarn', [caller.arn]],
      ['aws:username', [caller.arn.slice(caller.arn.lastIndexOf('/') + 1)]],
      ['aws:principaltype', [caller.decide === undefined ? 'Account' : 'User']],
    )
  return new Map(entries)
}

/** Throws AccessDeniedException unless the caller is the account's root, a service, or a user whose policies allow it. */
export const requirePermission = (caller: Caller, request: PermissionRequest): void => {
  if (caller.kind === 'service' || caller.decide === undefined) return
  const decision = caller.decide(request)
  if (decision !== 'Allow') throw accessDenied(caller.arn, request, decision === 'Deny')
}
