// ListKeys: the IDs and ARNs of the keys in this Region.
import { keyArnOf, keyOperation, requireAccountCaller } from '../key-operation.ts'
import { pageOf } from '../pages.ts'

const keysMax = 10_000

export const listKeys = keyOperation({
  name: 'ListKeys',
  handle: async (input, context) => {
    requireAccountCaller('kms:ListKeys', context)
    const now = context.clock.now()
    const keys = (await context.records.keys.list(undefined, keysMax))
      .map(({ value }) => value)
      .filter(({ deletion }) => deletion?.atMs === undefined || deletion.atMs > now)
    const { page, ...rest } = pageOf(keys, ({ keyId }) => keyId, input, 100)
    return { Keys: page.map(({ keyId }) => ({ KeyId: keyId, KeyArn: keyArnOf(keyId, context) })), ...rest }
  },
})
