// DescribeKey: a key's metadata, with its related keys.

import { keyMetadata } from '../key-metadata.ts'
import { findKey, keyOperation } from '../key-operation.ts'

export const describeKey = keyOperation({
  name: 'DescribeKey',
  handle: async (input, context) => {
    const { value } = await findKey(input.KeyId ?? '', 'kms:DescribeKey', context)
    return { KeyMetadata: keyMetadata(value, context) }
  },
})
