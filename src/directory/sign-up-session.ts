// The Session that leads from SignUp over ConfirmSignUp to a first sign-in without another factor (developer guide, "Authentication flows").
import { hkdfSync } from 'node:crypto'
import type { Clock, Random } from '../telemetry/clock.ts'
import { open, SealBroken, seal } from '../vault/envelope.ts'
import type { Records } from '../vault/records.ts'
import type { AppClient } from './records/app-client.ts'
import type { User } from './records/user.ts'
import { tokenKeys } from './records/user-pool.ts'
import { sessionParts, sessionText } from './session-pool.ts'
import { tokenLifetimes } from './token-lifetimes.ts'

/** `signed-up`: an account was made; `confirmed`: whoever made it has confirmed it too, and may sign in. */
type Step = 'signed-up' | 'confirmed'

type Content = { readonly usernameKey: string; readonly sub: string; readonly expiresAtMs: number }

type Owner = {
  readonly poolId: string
  readonly client: Pick<AppClient, 'clientId' | 'settings'>
  readonly records: Pick<Records, 'get'>
}

const dataKeyId = 1

const keyOf = async ({ poolId, records }: Owner): Promise<{ id: number; bytes: Buffer }> => {
  const stored = await records.get(tokenKeys, poolId)
  if (stored === undefined) throw new Error(`pool ${poolId} has no token key`)
  const root = Buffer.from(stored.value.secret, 'base64')
  return {
    id: dataKeyId,
    bytes: Buffer.from(hkdfSync('sha256', root, poolId, 'twinpool sign-up session v1', 32)),
  }
}

const associated = ({ poolId, client }: Owner, step: Step): string =>
  JSON.stringify(['sign-up session', poolId, client.clientId, step])

/** Clients that have choice-based sign-in get one. */
export const hasUserAuth = ({ settings }: Pick<AppClient, 'settings'>): boolean =>
  settings.ExplicitAuthFlows?.includes('ALLOW_USER_AUTH') === true

/** A session for the client's AuthSessionValidity; undefined for a client without choice-based sign-in. */
export const signUpSession = async (
  owner: Owner,
  step: Step,
  { usernameKey, sub }: Pick<User, 'usernameKey' | 'sub'>,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<string | undefined> => {
  if (!hasUserAuth(owner.client)) return undefined
  const expiresAtMs = clock.now() + tokenLifetimes(owner.client).authSessionMs
  const content: Content = { usernameKey, sub, expiresAtMs }
  const { poolId, client } = owner
  return sessionText(
    { poolId, clientId: client.clientId },
    seal(await keyOf(owner), Buffer.from(JSON.stringify(content)), associated(owner, step), random),
  )
}

/** Whether the session is of this step, this client and this user, and still good. */
export const isSignUpSessionOf = async (
  owner: Owner,
  step: Step,
  user: Pick<User, 'usernameKey' | 'sub'>,
  session: string,
  { clock }: { readonly clock: Clock },
): Promise<boolean> => {
  const parts = sessionParts(session)
  if (parts === undefined) return false
  try {
    const plain = open(await keyOf(owner), parts.sealed, associated(owner, step))
    const content = JSON.parse(plain.toString('utf8')) as Content
    return (
      content.usernameKey === user.usernameKey &&
      content.sub === user.sub &&
      clock.now() < content.expiresAtMs
    )
  } catch (error) {
    if (error instanceof SealBroken) return false
    throw error
  }
}
