// The cognito-idp service as the wire sees it: the built operations behind the gate.
import { Conflict } from '../store/store.ts'
import { Fault } from '../wire/fault.ts'
import { loadModel } from '../wire/model.ts'
import type { Service } from '../wire/service.ts'
import { passGate } from './gate.ts'
import type { AnyOperation } from './operation.ts'
import type { Runtime } from './runtime.ts'

/** How often an operation runs again when another commit got between its reads and its own. */
const runsMax = 10

const runAgainOnConflict = async (run: () => Promise<unknown>): Promise<unknown> => {
  for (let runCount = 1; ; runCount += 1) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      if (runCount === runsMax)
        throw new Fault(
          'TooManyRequestsException',
          'The resource is being changed too often. Please try again.',
          {
            cause: error,
          },
        )
    }
  }
}

export const createUserPoolService = (
  operations: ReadonlyMap<string, AnyOperation>,
  runtime: Runtime,
): Service => ({
  model: loadModel('cognito-idp'),
  isBuilt: (name) => operations.has(name),
  invoke: (invocation) => {
    const operation = operations.get(invocation.operation)
    if (operation === undefined) throw new Error(`${invocation.operation} is not built`)
    return runAgainOnConflict(() => passGate(operation, invocation, runtime))
  },
})
