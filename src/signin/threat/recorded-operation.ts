// Operations whose outcome is an event of threat protection, and whose passwords it checks: sign-up, codes and password changes.

import { findUser } from '../../directory/find-user.ts'
import type { AnyOperation, Context } from '../../directory/operation.ts'
import { readPool } from '../../directory/read-pool.ts'
import type { AuthEvent } from '../../directory/records/auth-event.ts'
import type { User } from '../../directory/records/user.ts'
import { isFault } from '../../wire/fault.ts'
import { logActivity } from './activity-log.ts'
import { changeEvents } from './auth-events.ts'
import { type GivenContext, originOf } from './origin.ts'
import { requireUncompromised, threatModeOf } from './protection.ts'
import { eventIdOf } from './watch.ts'

type Recorded = {
  readonly type: Exclude<AuthEvent['type'], 'SignIn'>
  /** The member that holds the new password, and what kind of event its check is. */
  readonly password?: readonly [member: string, event: 'SIGN_UP' | 'PASSWORD_CHANGE']
}

/** By operation. ForgotPassword is the request for a code, ConfirmForgotPassword the change that comes of it. */
const recorded: Readonly<Record<string, Recorded>> = {
  SignUp: { type: 'SignUp', password: ['Password', 'SIGN_UP'] },
  ForgotPassword: { type: 'ForgotPassword' },
  ConfirmForgotPassword: { type: 'PasswordChange', password: ['Password', 'PASSWORD_CHANGE'] },
  ChangePassword: { type: 'PasswordChange', password: ['ProposedPassword', 'PASSWORD_CHANGE'] },
  ResendConfirmationCode: { type: 'ResendCode' },
}

type Input = GivenContext & Readonly<Record<string, unknown>>

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The client and the user that a request names: by members, or in an access token that the operation itself verifies. */
const namesIn = (input: Input): { readonly clientId?: string; readonly username?: string } => {
  const token = text(input.AccessToken)
  if (token === undefined) {
    const [clientId, username] = [text(input.ClientId), text(input.Username)]
    return {
      ...(clientId === undefined ? {} : { clientId }),
      ...(username === undefined ? {} : { username }),
    }
  }
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      client_id?: string
      username?: string
    }
    return {
      ...(claims.client_id === undefined ? {} : { clientId: claims.client_id }),
      ...(claims.username === undefined ? {} : { username: claims.username }),
    }
  } catch {
    return {}
  }
}

const keep = async (
  context: Context<'active'>,
  user: User,
  about: Omit<AuthEvent, 'eventId' | 'createdAtMs' | 'risk' | 'challenges'>,
  given: GivenContext,
): Promise<void> => {
  const event: AuthEvent = {
    ...about,
    eventId: eventIdOf(context.random),
    createdAtMs: context.clock.now(),
    risk: { decision: 'NoRisk' },
    challenges: [],
  }
  await changeEvents(context.pool.records, user, (events) => [event, ...events], context)
  logActivity(context, user, event, given)
}

/** The operation with its event, where there is one; in a pool without threat protection it does the same as before. */
export const recordedOperation = (operation: AnyOperation): AnyOperation => {
  const about = recorded[operation.name]
  if (about === undefined) return operation
  const handle = async (input: Input, context: Context<'active'>): Promise<unknown> => {
    const { value: userPool } = await readPool(context.pool)
    const run = operation.handle as unknown as (input: Input, context: Context<'active'>) => Promise<unknown>
    if (threatModeOf(userPool) === 'OFF') return run(input, context)
    const { clientId = '', username } = namesIn(input)
    const finish = async (response: AuthEvent['response']): Promise<void> => {
      if (username === undefined) return
      const stored = await findUser(context.pool.records, userPool, username)
      if (stored === undefined) return
      const origin = originOf(input, context)
      await keep(context, stored.value, { type: about.type, response, clientId, ...origin }, input)
    }
    try {
      const password = about.password === undefined ? undefined : text(input[about.password[0]])
      if (about.password !== undefined && password !== undefined)
        await requireUncompromised(password, about.password[1], {
          userPool,
          clientId,
          records: context.pool.records,
          compromised: context.compromisedPasswords,
        })
      const output = await run(input, context)
      await finish('Pass')
      return output
    } catch (error) {
      // A sign-up that failed made no user; that of a name that is taken is nothing of its owner's.
      if (isFault(error) && about.type === 'PasswordChange' && error.code === 'InvalidPasswordException')
        await finish('Fail')
      throw error
    }
  }
  return { ...operation, handle: handle as unknown as AnyOperation['handle'] }
}
