// Changing a user's attributes, by themselves or by an administrator: which values count at once, and which addresses get a code first.
import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import type { Stored } from '../vault/records.ts'
import { type Attributes, updatedAttributes } from './attribute-rules.ts'
import { isVerifiable, prepareVerification, type VerifiableAttribute } from './attribute-verification.ts'
import { replaceUser } from './change-user.ts'
import type { Context } from './operation.ts'
import type { User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'

export type AttributeUpdate = {
  readonly given: Attributes
  /** The app client of a user who changes their own; absent for an administrator. */
  readonly clientId?: string
  readonly clientMetadata: Readonly<Record<string, string>> | undefined
}

/** Who has yet to confirm an account can't give a code for an address back: theirs is confirmed with the account. */
const awaitsConfirmation = ({ status }: User): boolean => status === 'UNCONFIRMED'

/**
 * Changes the attributes and sends codes to new addresses that the pool verifies. One that it wants verified first is kept with its code
 * until that is back (API reference, UserAttributeUpdateSettingsType); `email_verified` or `phone_number_verified` in the same request
 * spares both (API reference, AdminUpdateUserAttributes). Throws InvalidParameterException, AliasExistsException, LimitExceededException and
 * CodeDeliveryFailureException.
 */
export const updateAttributes = async (
  context: Context<'primary'>,
  userPool: UserPool,
  stored: Stored<User>,
  { given, clientId, clientMetadata }: AttributeUpdate,
): Promise<readonly CodeDeliveryDetailsType[]> => {
  const { records } = context.pool
  const { schema, settings } = userPool
  const before = stored.value.attributes
  // What is wrong with a new address is said now, also where it takes effect only once it is verified.
  const after = updatedAttributes(schema, before, given)
  const held: readonly string[] =
    settings.UserAttributeUpdateSettings?.AttributesRequireVerificationBeforeUpdate ?? []
  const verifiedByItself: readonly string[] = settings.AutoVerifiedAttributes ?? []
  const needsCode = (name: string): name is VerifiableAttribute =>
    isVerifiable(name) &&
    !awaitsConfirmation(stored.value) &&
    after[name] !== undefined &&
    after[name] !== before[name] &&
    after[`${name}_verified`] !== 'true' &&
    (held.includes(name) || verifiedByItself.includes(name))

  const toVerify = Object.keys(given).filter(needsCode)
  const taken = Object.fromEntries(
    Object.entries(given).filter(([name]) => !(needsCode(name) && held.includes(name))),
  )
  const verifications = await Promise.all(
    toVerify.map((attribute) =>
      prepareVerification({ ...context, records, userPool }, stored.value, {
        attribute,
        to: after[attribute] ?? '',
        isNewValue: held.includes(attribute),
        occasion: 'UpdateUserAttribute',
        isUsersWish: clientId !== undefined,
        ...(clientId === undefined ? {} : { clientId }),
        clientMetadata,
      }),
    ),
  )
  await replaceUser(
    context,
    userPool,
    stored,
    { attributes: updatedAttributes(schema, before, taken) },
    {
      also: (changes) => {
        for (const { write } of verifications) write(changes)
      },
    },
  )
  return Promise.all(verifications.map(({ send }) => send()))
}
