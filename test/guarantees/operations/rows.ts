// What the walk knows of an error that the model lists for an operation: how it is provoked, or which other test provokes it.
import type { Input, OperationName } from '../../../src/directory/operation.ts'
import type { WalkedName } from './requests.ts'
import type { World } from './world.ts'

/** Makes of a request that succeeds (shared, not to be used up) one in which one thing is wrong. */
export type Provocation<Name extends OperationName> = (
  world: World,
  request: Input<Name>,
) => Promise<Input<Name>>

export type Row<Name extends OperationName> =
  | { readonly provoke: Provocation<Name>; readonly sentTo?: 'secondary'; readonly message?: RegExp }
  /** Another test file of the project; the walk sees to it that the file is there and has the error's name. */
  | { readonly elsewhere: string; readonly because: string }

/** By operation and by error name. */
export type Rows = { readonly [Name in WalkedName]?: Readonly<Record<string, Row<Name>>> }

/** A request by its members, as the rules see those of any operation. */
export type Members = Readonly<Record<string, unknown>>
