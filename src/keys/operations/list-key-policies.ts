// ListKeyPolicies: always the one policy.
import { findKey, keyOperation } from '../key-operation.ts'
import { policyName } from '../policy-name.ts'

export const listKeyPolicies = keyOperation({
  name: 'ListKeyPolicies',
  handle: async (input, context) => {
    await findKey(input.KeyId ?? '', 'kms:ListKeyPolicies', context)
    return { PolicyNames: [policyName], Truncated: false }
  },
})
