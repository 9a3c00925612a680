// A request that succeeds for every operation of the model: what the walk breaks in one way at a time, and sends whole at the end.
import type { OperationName } from '../../../src/directory/operation.ts'
import { poolRequests, type Requests } from './pool-requests.ts'
import { tokenRequests } from './token-requests.ts'
import { userRequests } from './user-requests.ts'

/** The SDK also exports a type `$Command`, which is no operation. */
export type WalkedName = Exclude<OperationName, '$'>

/** The type says that none of the model's operations is left out. */
export const requests: Requests<WalkedName> = { ...poolRequests, ...userRequests, ...tokenRequests }
