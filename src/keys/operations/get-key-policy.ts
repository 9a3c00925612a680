// GetKeyPolicy: the policy document as it was given.
import { findKey, keyOperation } from '../key-operation.ts'
import { policyName, requireDefaultPolicyName } from '../policy-name.ts'

export const getKeyPolicy = keyOperation({
  name: 'GetKeyPolicy',
  handle: async (input, context) => {
    const { value } = await findKey(input.KeyId ?? '', 'kms:GetKeyPolicy', context)
    requireDefaultPolicyName(input.PolicyName)
    return { Policy: value.policy, PolicyName: policyName }
  },
})
