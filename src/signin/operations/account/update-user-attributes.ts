// UpdateUserAttributes: a signed-in user changes attributes that their client may write; new addresses are verified by code.
import { attributesOf, checkWritable, updatedAttributes } from '../../../directory/attribute-rules.ts'
import { isVerifiable, prepareVerification } from '../../../directory/attribute-verification.ts'
import { replaceUser } from '../../../directory/change-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { clientOfPool } from '../../sign-in-request.ts'

export const updateUserAttributes = operation({
  name: 'UpdateUserAttributes',
  runs: 'primary',
  handle: async (input, context) => {
    const { user, clientId } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const given = attributesOf(input.UserAttributes)
    checkWritable(await clientOfPool(clientId, context.pool), Object.keys(given))
    const { value: userPool } = await readPool(context.pool)
    const { schema, settings } = userPool
    const before = user.value.attributes
    // What is wrong with a new address is said now, also where it takes effect only once it is verified.
    const after = updatedAttributes(schema, before, given)
    const held = settings.UserAttributeUpdateSettings?.AttributesRequireVerificationBeforeUpdate ?? []
    const verifiedByItself = settings.AutoVerifiedAttributes ?? []
    const changed = Object.keys(given).filter(
      (name) => isVerifiable(name) && after[name] !== undefined && after[name] !== before[name],
    )
    const isHeld = (name: string): boolean => changed.includes(name) && held.some((one) => one === name)
    const taken = Object.fromEntries(Object.entries(given).filter(([name]) => !isHeld(name)))
    const verifications = await Promise.all(
      changed.filter(isVerifiable).flatMap((attribute) => {
        const isNewValue = isHeld(attribute)
        if (!isNewValue && !verifiedByItself.includes(attribute)) return []
        return prepareVerification({ ...context, records: context.pool.records, userPool }, user.value, {
          attribute,
          to: after[attribute] ?? '',
          isNewValue,
          occasion: 'UpdateUserAttribute',
          clientId,
          clientMetadata: input.ClientMetadata,
        })
      }),
    )
    await replaceUser(
      context,
      userPool,
      user,
      { attributes: updatedAttributes(schema, before, taken) },
      {
        also: (changes) => {
          for (const { write } of verifications) write(changes)
        },
      },
    )
    return { CodeDeliveryDetailsList: await Promise.all(verifications.map(({ send }) => send())) }
  },
})
