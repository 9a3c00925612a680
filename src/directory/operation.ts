// How a user-pool operation is declared: its name, where it may run, and its handler; and what the handler is given.
import type * as cognito from '@aws-sdk/client-cognito-identity-provider'
import type { Locality } from '../vault/collection.ts'
import type { WritableRecords } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { AnswerOf, OperationNameOf, RequestOf } from '../wire/sdk-types.ts'
import type { Caller } from '../wire/service.ts'
import type { RegisteredPool } from './records/user-pool.ts'
import type { Runtime } from './runtime.ts'

/**
 * Where an operation may run (models/secondary-operations.json): `primary` only; `inactive`: also on a secondary, INACTIVE or ACTIVE;
 * `active`: also on an ACTIVE secondary; `region`: it belongs to a Region and not to a pool.
 */
export type Placement = 'primary' | 'inactive' | 'active' | 'region'

type Sdk = typeof cognito
export type OperationName = OperationNameOf<Sdk>
/** The SDK's own request type of an operation. */
export type Input<Name extends OperationName> = RequestOf<Sdk, Name>
/** The SDK's own answer type of an operation. */
export type Output<Name extends OperationName> = AnswerOf<Sdk, Name>

/** The pool that an operation is about, and the data it may touch. */
export type PoolScope<Where extends Locality> = {
  readonly poolId: string
  /** Role, status and primary Region of this Region's replica. */
  readonly registered: RegisteredPool
  readonly records: WritableRecords<Where>
  /**
   * The same pool with the right to write replicated data, for an operation that also runs on a secondary but has an outcome that writes
   * the directory. On a secondary it throws OperationNotEnabledException with `reason` ("… needs a new password to be set").
   */
  asPrimary(reason: string): WritableRecords<Locality>
}

export type Context<Where extends Placement> = Runtime & {
  readonly operation: string
  readonly caller: Caller | undefined
  readonly requestId: string
  readonly sourceIp: string
} & (Where extends 'region'
    ? object
    : { readonly pool: PoolScope<Where extends 'primary' ? Locality : 'regional'> })

export type Operation<Name extends OperationName, Where extends Placement> = {
  readonly name: Name
  readonly runs: Where
  readonly handle: (input: Input<Name>, context: Context<Where>) => Promise<Output<Name>>
  /** The answer to a request whose `Domain` no pool of this Region has; without it that is a ResourceNotFoundException. */
  readonly unknownDomain?: Output<Name>
}

/** What the registry and the gate see of any operation. */
export type AnyOperation = {
  readonly name: OperationName
  readonly runs: Placement
  readonly handle: (input: never, context: never) => Promise<unknown>
  readonly unknownDomain?: unknown
}

export const operation = <Name extends OperationName, Where extends Placement>(
  declaration: Operation<Name, Where>,
): Operation<Name, Where> => declaration

/** The refusal of a secondary: HTTP 400 OperationNotEnabledException naming operation, role and primary Region. */
export const notEnabledOn = (
  pool: Pick<RegisteredPool, 'role' | 'status' | 'primaryRegion'>,
  operationName: string,
  reason?: string,
): Fault =>
  new Fault(
    'OperationNotEnabledException',
    `${operationName} is not enabled on this ${pool.status} ${pool.role} replica${reason === undefined ? '' : `: it ${reason}`}. ` +
      `Send the request to the user pool's primary Region, ${pool.primaryRegion}.`,
  )
