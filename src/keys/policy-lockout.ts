// The safety check that keeps an owner from locking themselves out ("Key policies in AWS KMS", KMS Developer Guide).
import { Fault } from '../wire/fault.ts'
import { isAllowed } from './authorize.ts'
import { conditionsOf, type KeyContext, keyArnOf } from './key-operation.ts'
import { parsePolicy } from './policy.ts'

/** Throws MalformedPolicyDocumentException when the caller could not change the policy again. */
export const requireFuturePolicyAccess = (policy: string, keyId: string, context: KeyContext): void => {
  const request = {
    caller: context.caller,
    action: 'kms:PutKeyPolicy',
    keyArn: keyArnOf(keyId, context),
    account: context.account,
    conditions: conditionsOf('kms:PutKeyPolicy', context),
  }
  if (!isAllowed(parsePolicy(policy), request))
    throw new Fault(
      'MalformedPolicyDocumentException',
      'The new key policy will not allow you to update the key policy in the future.',
    )
}
