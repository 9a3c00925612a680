// The eye that threat protection has on a sign-in: what each step asks of it.
import type { User } from '../../directory/records/user.ts'

/** What a sign-in's risk asks of it: nothing, a second factor from users who have one, or from everybody. */
export type FactorDemand = 'none' | 'if-configured' | 'required'

export type ThreatWatch = {
  /** Once the first factor was right. Throws NotAuthorizedException for a sign-in that is blocked. */
  assess(user: User): Promise<FactorDemand>
  /** The password was right. Throws PasswordResetRequiredException when it is known elsewhere and such are blocked. */
  checkPassword(user: User, password: string): Promise<void>
}
