// A key has one policy, and its name is "default" (PutKeyPolicy, KMS API Reference).
import { Fault } from '../wire/fault.ts'

export const policyName = 'default'

/** Throws NotFoundException for any other name. */
export const requireDefaultPolicyName = (name: string | undefined): void => {
  if (name !== undefined && name !== policyName) throw new Fault('NotFoundException', 'No such policy exists')
}
