// The cognito-idp service as the wire sees it: the built operations behind the gate.
import { loadModel } from '../wire/model.ts'
import type { Service } from '../wire/service.ts'
import { passGate } from './gate.ts'
import type { AnyOperation } from './operation.ts'
import type { Runtime } from './runtime.ts'

export const createUserPoolService = (
  operations: ReadonlyMap<string, AnyOperation>,
  runtime: Runtime,
): Service => ({
  model: loadModel('cognito-idp'),
  isBuilt: (name) => operations.has(name),
  invoke: (invocation) => {
    const operation = operations.get(invocation.operation)
    if (operation === undefined) throw new Error(`${invocation.operation} is not built`)
    return passGate(operation, invocation, runtime)
  },
})
