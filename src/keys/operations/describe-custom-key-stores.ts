// DescribeCustomKeyStores: there are none, which is what tools that take stock of an account want to hear.
import { Fault } from '../../wire/fault.ts'
import { keyOperation, requireAccountCaller } from '../key-operation.ts'
import { pageOf } from '../pages.ts'

const noKeyStores: readonly never[] = []

export const describeCustomKeyStores = keyOperation({
  name: 'DescribeCustomKeyStores',
  handle: async (input, context) => {
    requireAccountCaller('kms:DescribeCustomKeyStores', context)
    const asked = input.CustomKeyStoreId ?? input.CustomKeyStoreName
    if (asked !== undefined)
      throw new Fault('CustomKeyStoreNotFoundException', `There is no custom key store ${asked}.`)
    const { page, ...rest } = pageOf(noKeyStores, () => '', input, 100)
    return { CustomKeyStores: [...page], ...rest }
  },
})
