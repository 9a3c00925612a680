// GetUserAttributeVerificationCode: sends a signed-in user a code for an address of theirs, or for the one that they want to have.
import {
  prepareVerification,
  purposeOf,
  requireVerifiable,
} from '../../../directory/attribute-verification.ts'
import { readPending } from '../../../directory/confirmation-code.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { Fault } from '../../../wire/fault.ts'
import { verifyAccessToken } from '../../access-token.ts'

export const getUserAttributeVerificationCode = operation({
  name: 'GetUserAttributeVerificationCode',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { user, clientId } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const attribute = requireVerifiable(input.AttributeName)
    const { usernameKey, attributes } = user.value
    const earlier = await readPending(records, { usernameKey, purpose: purposeOf(attribute) })
    const newValue = earlier?.value.newValue
    const to = newValue ?? attributes[attribute]
    if (to === undefined) throw new Fault('InvalidParameterException', `User has no ${attribute} to verify.`)
    const { value: userPool } = await readPool(context.pool)
    const verification = await prepareVerification({ ...context, records, userPool }, user.value, {
      attribute,
      to,
      isNewValue: newValue !== undefined,
      occasion: 'VerifyUserAttribute',
      isUsersWish: true,
      clientId,
      clientMetadata: input.ClientMetadata,
    })
    await records.commit((changes) => {
      changes.expect(user)
      verification.write(changes)
    })
    return { CodeDeliveryDetails: await verification.send() }
  },
})
