// The registry of key operations: every one that is built.
import type { AnyKeyOperation } from '../key-operation.ts'
import { cancelKeyDeletion } from './cancel-key-deletion.ts'
import { createAlias } from './create-alias.ts'
import { createKey } from './create-key.ts'
import { decrypt } from './decrypt.ts'
import { deleteAlias } from './delete-alias.ts'
import { describeKey } from './describe-key.ts'
import { disableKey } from './disable-key.ts'
import { enableKey } from './enable-key.ts'
import { encrypt } from './encrypt.ts'
import { generateDataKey } from './generate-data-key.ts'
import { generateDataKeyWithoutPlaintext } from './generate-data-key-without-plaintext.ts'
import { generateRandom } from './generate-random.ts'
import { getKeyPolicy } from './get-key-policy.ts'
import { listAliases } from './list-aliases.ts'
import { listKeyPolicies } from './list-key-policies.ts'
import { listKeys } from './list-keys.ts'
import { listResourceTags } from './list-resource-tags.ts'
import { putKeyPolicy } from './put-key-policy.ts'
import { reEncrypt } from './re-encrypt.ts'
import { replicateKey } from './replicate-key.ts'
import { scheduleKeyDeletion } from './schedule-key-deletion.ts'
import { tagResource } from './tag-resource.ts'
import { untagResource } from './untag-resource.ts'
import { updateAlias } from './update-alias.ts'
import { updateKeyDescription } from './update-key-description.ts'

export const keyOperations: readonly AnyKeyOperation[] = [
  cancelKeyDeletion,
  createAlias,
  createKey,
  decrypt,
  deleteAlias,
  describeKey,
  disableKey,
  enableKey,
  encrypt,
  generateDataKey,
  generateDataKeyWithoutPlaintext,
  generateRandom,
  getKeyPolicy,
  listAliases,
  listKeyPolicies,
  listKeys,
  listResourceTags,
  putKeyPolicy,
  reEncrypt,
  replicateKey,
  scheduleKeyDeletion,
  tagResource,
  untagResource,
  updateAlias,
  updateKeyDescription,
]
