// The registry of user-pool operations: every operation that is built, by name. Its parts are listed by noun in the folders that hold them.
import type { AnyOperation } from './operation.ts'

/** Puts lists of operations together; a name may appear once. */
export const operationRegistry = (
  ...lists: readonly (readonly AnyOperation[])[]
): ReadonlyMap<string, AnyOperation> => {
  const registry = new Map<string, AnyOperation>()
  for (const declared of lists.flat()) {
    if (registry.has(declared.name)) throw new Error(`operation ${declared.name} is declared twice`)
    registry.set(declared.name, declared)
  }
  return registry
}
