// What the pre sign-up function makes of a new user (developer guide, "Pre sign-up Lambda trigger").
import { Fault } from '../wire/fault.ts'
import type { User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'
import type { PreSignUpCall, TriggerScope, Triggers } from './triggers-port.ts'
import { aliasesOf } from './user-aliases.ts'

const verifying = [
  ['autoVerifyEmail', 'email'],
  ['autoVerifyPhone', 'phone_number'],
] as const

/**
 * Asks the function and resolves with the user as it wants it; `takesOver` says that the user's verified addresses become aliases of
 * theirs, whoever had them. Rejects with the function's refusal, and InvalidLambdaResponseException when it verifies what isn't there.
 */
export const askPreSignUp = async (
  { triggers, pool }: { readonly triggers: Triggers; readonly pool: TriggerScope },
  userPool: UserPool,
  made: User,
  call: Omit<PreSignUpCall, 'username' | 'attributes'>,
): Promise<{ readonly user: User; readonly takesOver: boolean }> => {
  const { sub: _, ...given } = made.attributes
  const answer = await triggers.preSignUp(pool, { ...call, username: made.username, attributes: given })
  // "…are ignored when the pre sign-up Lambda is triggered by the AdminCreateUser API."
  if (answer === undefined || call.source === 'AdminCreateUser') return { user: made, takesOver: false }
  const attributes: Record<string, string> = { ...made.attributes }
  for (const [flag, name] of verifying) {
    if (!answer[flag]) continue
    if (!attributes[name])
      throw new Fault('InvalidLambdaResponseException', `PreSignUp set ${flag} for a user without ${name}.`)
    attributes[`${name}_verified`] = 'true'
  }
  const user: User = {
    ...made,
    attributes,
    aliases: aliasesOf(userPool, attributes),
    status: answer.autoConfirmUser ? 'CONFIRMED' : made.status,
  }
  return { user, takesOver: answer.autoVerifyEmail || answer.autoVerifyPhone }
}
