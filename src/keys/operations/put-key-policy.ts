// PutKeyPolicy: replaces the policy of this key, in whatever state it is; its related keys keep theirs.
import { findKey, keyOperation } from '../key-operation.ts'
import { parseNewPolicy } from '../policy.ts'
import { requireFuturePolicyAccess } from '../policy-lockout.ts'
import { requireDefaultPolicyName } from '../policy-name.ts'

export const putKeyPolicy = keyOperation({
  name: 'PutKeyPolicy',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:PutKeyPolicy', context)
    requireDefaultPolicyName(input.PolicyName)
    const policy = input.Policy ?? ''
    parseNewPolicy(policy)
    if (input.BypassPolicyLockoutSafetyCheck !== true)
      requireFuturePolicyAccess(policy, stored.value.keyId, context)
    await context.records.keys.replace(stored, { ...stored.value, policy })
    return {}
  },
})
