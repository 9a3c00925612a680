// AdminCreateUser: makes a user with a temporary password and invites them, or sends the invitation again.
import type { AdminCreateUserRequest, DeliveryMediumType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../../../wire/fault.ts'
import { attributesOf, newAttributes, userAttributesOf } from '../../attribute-rules.ts'
import { requireUser } from '../../find-user.ts'
import { addressed, invitation } from '../../message-texts.ts'
import { messagesAbout } from '../../messages-port.ts'
import { attributesWithName, makeUser, prepareNewUser } from '../../new-user.ts'
import { type Context, operation } from '../../operation.ts'
import { makeTemporaryPassword } from '../../password-policy.ts'
import { askPreSignUp } from '../../pre-sign-up.ts'
import { readPool } from '../../read-pool.ts'
import { type User, users } from '../../records/user.ts'
import type { UserPool } from '../../records/user-pool.ts'
import { allowsNoPassword, temporaryPassword } from '../../set-password.ts'
import { shownUser } from '../../user-view.ts'

const addressOf: Readonly<Record<DeliveryMediumType, string>> = { EMAIL: 'email', SMS: 'phone_number' }
const missing: Readonly<Record<DeliveryMediumType, string>> = {
  EMAIL: 'No email provided but desired delivery medium was Email',
  SMS: 'No phone number provided but desired delivery medium was SMS',
}
/** API reference, AdminCreateUser, "DesiredDeliveryMediums". */
const defaultMediums: readonly DeliveryMediumType[] = ['SMS']

/**
 * Throws InvalidParameterException when an invitation is to go out by a medium that was named and that the user has no address for (API
 * reference, AdminCreateUser, "UserAttributes"). SMS, which goes without saying, may have none.
 */
const checkMediums = (
  { DesiredDeliveryMediums: mediums, MessageAction: action }: AdminCreateUserRequest,
  attributes: User['attributes'],
): void => {
  if (action === 'SUPPRESS') return
  const unreachable = mediums?.find((medium) => attributes[addressOf[medium]] === undefined)
  if (unreachable !== undefined) throw new Fault('InvalidParameterException', missing[unreachable])
}

/** Sends the invitation by every medium that was asked for and that the user has an address for. */
const invite = async (
  userPool: UserPool,
  user: User,
  password: string,
  context: Context<'primary'>,
  clientMetadata: AdminCreateUserRequest['ClientMetadata'],
): Promise<void> => {
  const messages = messagesAbout(context.messages, { occasion: 'AdminCreateUser', user, clientMetadata })
  for (const channel of user.invitedBy ?? defaultMediums) {
    const to = user.attributes[addressOf[channel]]
    if (to === undefined) continue
    await messages.send(invitation(userPool, addressed(userPool, user, { channel, to }), password))
  }
}

const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

const invitationAgain = async (
  input: AdminCreateUserRequest,
  userPool: UserPool,
  context: Context<'primary'>,
): Promise<User> => {
  const { records } = context.pool
  const stored = await requireUser(records, userPool, input.Username ?? '')
  if (stored.value.status !== 'FORCE_CHANGE_PASSWORD')
    throw new Fault(
      'UnsupportedUserStateException',
      `Resend not possible. ${stored.value.username} status is not FORCE_CHANGE_PASSWORD`,
    )
  checkMediums(input, stored.value.attributes)
  const password =
    given(input.TemporaryPassword) ??
    makeTemporaryPassword(context.random, userPool.settings.Policies?.PasswordPolicy)
  const user: User = {
    ...stored.value,
    ...(await temporaryPassword(userPool, stored.value, password, context)),
    invitedBy: input.DesiredDeliveryMediums ?? stored.value.invitedBy ?? defaultMediums,
    modifiedAtMs: context.clock.now(),
  }
  await records.commit((changes) => changes.replace(users, stored, user))
  await invite(userPool, user, password, context, input.ClientMetadata)
  return user
}

export const adminCreateUser = operation({
  name: 'AdminCreateUser',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { value: userPool } = await readPool(context.pool)
    if (input.MessageAction === 'RESEND')
      return { User: shownUser(await invitationAgain(input, userPool, context)) }

    const username = input.Username ?? ''
    const named = attributesWithName(userPool, username, userAttributesOf(input.UserAttributes))
    const attributes = newAttributes(userPool.schema, named, 'admin')
    checkMediums(input, attributes)
    const isPasswordless = given(input.TemporaryPassword) === undefined && allowsNoPassword(userPool)
    const status = isPasswordless ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD'
    const made = makeUser(userPool, { username, attributes, status }, context)
    await askPreSignUp(context, userPool, made, {
      source: 'AdminCreateUser',
      validationData: attributesOf(input.ValidationData),
      clientMetadata: input.ClientMetadata,
    })
    const write = await prepareNewUser(records, userPool, made, {
      taken: 'User account already exists',
      takesOver: input.ForceAliasCreation ?? false,
    })
    if (isPasswordless) {
      await records.commit((changes) => write(changes, made))
      return { User: shownUser(made) }
    }
    const password =
      given(input.TemporaryPassword) ??
      makeTemporaryPassword(context.random, userPool.settings.Policies?.PasswordPolicy)
    const user: User = {
      ...made,
      ...(await temporaryPassword(userPool, made, password, context)),
      invitedBy: input.DesiredDeliveryMediums ?? defaultMediums,
    }
    await records.commit((changes) => write(changes, user))
    if (input.MessageAction !== 'SUPPRESS')
      await invite(userPool, user, password, context, input.ClientMetadata)
    return { User: shownUser(user) }
  },
})
