// SignUp: a user makes an account of their own, to be confirmed with a code or by an administrator.

import { Fault } from '../../../wire/fault.ts'
import {
  attributesOf,
  checkWritable,
  newAttributes,
  userAttributesOf,
  withVerifiedFlags,
} from '../../attribute-rules.ts'
import { readClientCall } from '../../client-call.ts'
import { sendVerification, signUpDestination } from '../../code-delivery.ts'
import { prepareCode } from '../../confirmation-code.ts'
import { confirmationLink } from '../../confirmation-link.ts'
import { messagesAbout } from '../../messages-port.ts'
import { attributesWithName, makeUser, prepareNewUser } from '../../new-user.ts'
import { operation } from '../../operation.ts'
import { askPreSignUp } from '../../pre-sign-up.ts'
import type { User } from '../../records/user.ts'
import { allowsNoPassword, permanentPassword } from '../../set-password.ts'
import { signUpSession } from '../../sign-up-session.ts'
import { aliasKindsOf } from '../../username-rules.ts'

export const signUp = operation({
  name: 'SignUp',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { userPool, client, username } = await readClientCall(context.pool, input)
    if (userPool.settings.AdminCreateUserConfig?.AllowAdminCreateUserOnly === true)
      throw new Fault('NotAuthorizedException', 'SignUp is not permitted for this user pool')

    const given = userAttributesOf(input.UserAttributes)
    checkWritable(client, userPool.schema, Object.keys(given))
    // Developer guide, "Customizing sign-in attributes": an alias of this kind is chosen after the account was confirmed.
    if (given.preferred_username !== undefined && aliasKindsOf(userPool).includes('preferred_username'))
      throw new Fault(
        'InvalidParameterException',
        'Preferred username cannot be provided for unconfirmed account.',
      )
    const attributes = newAttributes(userPool.schema, attributesWithName(userPool, username, given), 'user')
    const made = makeUser(userPool, { username, attributes, status: 'UNCONFIRMED' }, context)
    const password = input.Password ?? ''
    if (password === '' && !allowsNoPassword(userPool))
      throw new Fault('InvalidParameterException', 'A password is required to sign up for this user pool.')
    const withPassword: User =
      password === '' ? made : { ...made, ...(await permanentPassword(userPool, made, password, context)) }
    const subject = { clientId: client.clientId, clientMetadata: input.ClientMetadata }
    const { user: asked, takesOver } = await askPreSignUp(context, userPool, withPassword, {
      ...subject,
      source: 'SignUp',
      validationData: attributesOf(input.ValidationData),
    })
    const user: User = { ...asked, attributes: withVerifiedFlags(asked.attributes) }
    const write = await prepareNewUser(records, userPool, user, { taken: 'User already exists', takesOver })

    const Session = await signUpSession(
      { poolId: userPool.poolId, client, records },
      user.status === 'CONFIRMED' ? 'confirmed' : 'signed-up',
      user,
      context,
    )

    if (user.status === 'CONFIRMED') {
      await records.commit((changes) => write(changes, user))
      await context.triggers.postConfirmation(context.pool, { ...subject, source: 'ConfirmSignUp', user })
      return { UserConfirmed: true, UserSub: user.sub, Session }
    }

    const destination = signUpDestination(userPool, user)
    if (destination === undefined) {
      await records.commit((changes) => write(changes, user))
      return { UserConfirmed: false, UserSub: user.sub, Session }
    }
    const { usernameKey } = user
    const { attribute, to: address } = destination
    const pending = await prepareCode(
      records,
      { usernameKey, purpose: 'sign-up', attribute, address },
      context,
    )
    await records.commit((changes) => {
      write(changes, user)
      pending.write(changes)
    })
    const messages = messagesAbout(context.messages, { ...subject, occasion: 'SignUp', user })
    const about = { clientId: client.clientId, user, code: pending.code }
    const link = await confirmationLink({ ...context, records }, userPool, destination, about)
    const details = await sendVerification(messages, userPool, user, destination, pending.code, link)
    return { UserConfirmed: false, UserSub: user.sub, CodeDeliveryDetails: details, Session }
  },
})
