// The gate: finds the pool that a request is about and decides, by the role and status of this Region's replica, whether it may run here.

import { requestContext, requirePermission } from '../iam/permission.ts'
import type { Locality } from '../vault/collection.ts'
import { Fault } from '../wire/fault.ts'
import type { Invocation } from '../wire/service.ts'
import type { AnyOperation } from './operation.ts'
import { notEnabledOn, type PoolScope } from './operation.ts'
import { poolOfClient } from './pool-of-client.ts'
import { rateLimitsOf } from './rate-limits.ts'
import { type RegisteredPool, registeredPools, takesWrites, userPoolDomains } from './records/user-pool.ts'
import type { Runtime } from './runtime.ts'
import { sessionParts } from './session-pool.ts'

/** The members that say which pool a request is about. */
type PoolReference = {
  readonly UserPoolId?: string
  readonly ClientId?: string
  readonly AccessToken?: string
  readonly Session?: string
  readonly ResourceArn?: string
  readonly Domain?: string
}

const arnPool = /^arn:[\w-]+:cognito-idp:[\w-]+:\d{12}:userpool\/([\w-]+_[0-9A-Za-z]+)$/

/** Reads which pool a token says it is of, without believing it: the handler verifies the token against that pool's keys. */
const poolIdInToken = (token: string, runtime: Pick<Runtime, 'endpoints'>): string => {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      iss?: unknown
    }
    const poolId = typeof claims.iss === 'string' ? runtime.endpoints.poolIdOfIssuer(claims.iss) : undefined
    if (poolId !== undefined) return poolId
  } catch {
    // Not a JWT: the same answer as for one that names no pool.
  }
  throw new Fault('NotAuthorizedException', 'Invalid Access Token')
}

const poolIdOfClient = async (clientId: string, runtime: Pick<Runtime, 'vault'>): Promise<string> => {
  const poolId = await poolOfClient(clientId, runtime.vault)
  if (poolId === undefined)
    throw new Fault('ResourceNotFoundException', `User pool client ${clientId} does not exist.`)
  return poolId
}

/** The pool that a request is about; a Fault when it names none that is here. */
export const poolIdOf = async (
  input: PoolReference,
  runtime: Pick<Runtime, 'vault' | 'endpoints'>,
): Promise<string> => {
  if (input.UserPoolId !== undefined) return input.UserPoolId
  if (input.ClientId !== undefined) return poolIdOfClient(input.ClientId, runtime)
  if (input.AccessToken !== undefined) return poolIdInToken(input.AccessToken, runtime)
  if (input.Session !== undefined) {
    const poolId = sessionParts(input.Session)?.poolId
    if (poolId === undefined) throw new Fault('NotAuthorizedException', 'Invalid session for the user.')
    return poolId
  }
  if (input.ResourceArn !== undefined) {
    const poolId = arnPool.exec(input.ResourceArn)?.[1]
    if (poolId === undefined)
      throw new Fault('InvalidParameterException', `Invalid ARN ${input.ResourceArn}.`)
    return poolId
  }
  if (input.Domain !== undefined) {
    const [poolId] = await runtime.vault.findPools(userPoolDomains, 'domain', input.Domain)
    if (poolId !== undefined) return poolId
    throw new Fault('ResourceNotFoundException', `Domain ${input.Domain} does not exist.`)
  }
  // Members that the model leaves optional because another one can take their place.
  throw new Fault('InvalidParameterException', 'One of AccessToken, Session and UserPoolId must be given.')
}

export const registeredPool = async (
  poolId: string,
  runtime: Pick<Runtime, 'vault'>,
): Promise<RegisteredPool> => {
  const stored = await runtime.vault.region.get(registeredPools, poolId)
  if (stored === undefined)
    throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
  return asServed(stored.value)
}

/** A primary that takes no writes at the moment serves what an ACTIVE secondary serves (src/replication/SPEC.md, "Promotion"). */
export const asServed = (pool: RegisteredPool): RegisteredPool =>
  pool.role === 'SECONDARY' || takesWrites(pool)
    ? pool
    : { ...pool, role: 'SECONDARY', primaryRegion: pool.reign?.handover?.to ?? pool.primaryRegion }

/** What a replica answers that may not run the operation. A primary that was set back can't name a better one: nobody takes writes. */
const refusal = (registered: RegisteredPool, operationName: string, reason?: string): Fault => {
  const newer = registered.reign?.isOlderThan?.region
  if (newer === undefined) return notEnabledOn(registered, operationName, reason)
  return new Fault(
    'OperationNotEnabledException',
    `${operationName} is not enabled: this primary was set back to an earlier state than the replica in ${newer}. ` +
      'The user pool takes no writes until one of the two is promoted.',
  )
}

/** Whether a replica in this role and status serves operations of this placement. */
export const mayRunOn = (
  pool: Pick<RegisteredPool, 'role' | 'status'>,
  runs: AnyOperation['runs'],
): boolean => {
  if (runs === 'region' || pool.role === 'PRIMARY') return true
  if (runs === 'inactive') return pool.status === 'INACTIVE' || pool.status === 'ACTIVE'
  return runs === 'active' && pool.status === 'ACTIVE'
}

/** The scope of a pool as this Region's replica may use it. */
export const poolScope = (
  registered: RegisteredPool,
  runtime: Pick<Runtime, 'vault'>,
  operationName: string,
): PoolScope<Locality> | PoolScope<'regional'> => {
  const vault = runtime.vault.pool(registered.poolId)
  const isPrimary = registered.role === 'PRIMARY'
  const shared = {
    poolId: registered.poolId,
    registered,
    asPrimary: (reason: string) => {
      if (!isPrimary) throw refusal(registered, operationName, reason)
      return vault.primary
    },
  }
  return isPrimary ? { ...shared, records: vault.primary } : { ...shared, records: vault.secondary }
}

/** Whether the operation has an answer of its own for a domain that no pool of this Region has, and the request names such a one. */
const isAboutUnknownDomain = async (
  operation: AnyOperation,
  { UserPoolId, Domain }: PoolReference,
  { vault }: Pick<Runtime, 'vault'>,
): Promise<boolean> => {
  if (operation.unknownDomain === undefined || UserPoolId !== undefined || Domain === undefined) return false
  return (await vault.findPools(userPoolDomains, 'domain', Domain)).length === 0
}

/** Passes a request to its operation, with the pool's scope, or throws the Fault that says why it may not run here. */
export const passGate = async (
  operation: AnyOperation,
  invocation: Invocation,
  runtime: Runtime,
): Promise<unknown> => {
  const base = {
    ...runtime,
    operation: operation.name,
    caller: invocation.caller,
    requestId: invocation.requestId,
    sourceIp: invocation.sourceIp,
  }
  const { caller } = invocation
  const requireAllowed = (resource: string): void => {
    if (caller?.kind !== 'account' || caller.decide === undefined) return
    const { region, clock } = runtime
    const context = requestContext(caller, { region, sourceIp: invocation.sourceIp, nowMs: clock.now() })
    requirePermission(caller, { action: `cognito-idp:${operation.name}`, resource, context })
  }
  if (operation.runs === 'region') requireAllowed(runtime.endpoints.poolArn('*'))
  await rateLimitsOf(runtime).take(operation.name)
  if (operation.runs === 'region') return operation.handle(invocation.input as never, base as never)
  if (await isAboutUnknownDomain(operation, invocation.input as PoolReference, runtime)) {
    requireAllowed(runtime.endpoints.poolArn('*'))
    return operation.unknownDomain
  }
  const poolId = await poolIdOf(invocation.input as PoolReference, runtime)
  // Before it is said whether the pool is here: who may not ask is not told.
  requireAllowed(runtime.endpoints.poolArn(poolId))
  const registered = await registeredPool(poolId, runtime)
  if (!mayRunOn(registered, operation.runs)) throw refusal(registered, operation.name)
  const pool = poolScope(registered, runtime, operation.name)
  return operation.handle(invocation.input as never, { ...base, pool } as never)
}
