// PutKeyPolicy: replaces the policy of this key; its related keys keep theirs.
import { findKey, keyOperation, requireNotPendingDeletion } from '../key-operation.ts'
import { parsePolicy } from '../policy.ts'
import { requireFuturePolicyAccess } from '../policy-lockout.ts'
import { requireDefaultPolicyName } from '../policy-name.ts'

export const putKeyPolicy = keyOperation({
  name: 'PutKeyPolicy',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:PutKeyPolicy', context)
    requireNotPendingDeletion(stored.value, context)
    requireDefaultPolicyName(input.PolicyName)
    const policy = input.Policy ?? ''
    parsePolicy(policy)
    if (input.BypassPolicyLockoutSafetyCheck !== true)
      requireFuturePolicyAccess(policy, stored.value.keyId, context)
    await context.records.keys.replace(stored, { ...stored.value, policy })
    return {}
  },
})
