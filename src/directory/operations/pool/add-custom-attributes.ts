// AddCustomAttributes: more attributes for a pool's schema. They can't be changed or taken away again.

import { Fault } from '../../../wire/fault.ts'
import { addCustomAttributes as extendedSchema } from '../../attribute-schema.ts'
import { checkNoImportRuns } from '../../import-rules.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { userPools } from '../../records/user-pool.ts'
import { updateRegistration } from '../../update-registration.ts'

export const addCustomAttributes = operation({
  name: 'AddCustomAttributes',
  runs: 'primary',
  handle: async (input, { pool, vault, clock }) => {
    const added = input.CustomAttributes ?? []
    if (added.some(({ AttributeDataType }) => AttributeDataType === undefined))
      throw new Fault(
        'InvalidParameterException',
        'Invalid AttributeDataType input, consider using the provided AttributeDataType enum.',
      )
    const stored = await readPool(pool)
    const schema = extendedSchema(stored.value.schema, added)
    await checkNoImportRuns(pool.records)
    const modifiedAtMs = clock.now()
    await pool.records.commit((changes) =>
      changes.replace(userPools, stored, { ...stored.value, schema, modifiedAtMs }),
    )
    await updateRegistration(vault, pool.poolId, { modifiedAtMs })
    return {}
  },
})
