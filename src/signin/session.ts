// What a challenge hands to the client and gets back (Session, SECRET_BLOCK): sealed and self-contained, so that any Region can go on.

import { sessionParts, sessionText } from '../directory/session-pool.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import { open, SealBroken, seal } from '../vault/envelope.ts'
import { Fault } from '../wire/fault.ts'

/** What every session is bound to: it opens for this pool, client and challenge only. */
export type SessionBinding = {
  readonly poolId: string
  readonly clientId: string
  readonly challenge: string
}

type Sealed<Content> = { readonly expiresAtMs: number; readonly content: Content }

/** Room for a SECRET_BLOCK with two numbers of the group and two names; a Session is shorter than the API model's 2,048. */
const sealedCharactersMax = 4_096

/** Shorter contents are filled up with white space: a sign-in of nobody, which knows less, would else be told by its length. */
const contentBytesMin = 512

const filledUp = (content: string): Buffer => {
  const bytes = Buffer.from(content)
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, contentBytesMin - bytes.length), ' ')])
}

const dataKeyId = 1
const associated = ({ poolId, clientId, challenge }: SessionBinding): string =>
  JSON.stringify(['session', poolId, clientId, challenge])

export const sealSession = <Content>(
  binding: SessionBinding,
  content: Content,
  options: {
    readonly key: Buffer
    readonly lifetimeMs: number
    readonly clock: Clock
    readonly random: Random
  },
): string => {
  const sealed: Sealed<Content> = { expiresAtMs: options.clock.now() + options.lifetimeMs, content }
  return sessionText(
    binding,
    seal(
      { id: dataKeyId, bytes: options.key },
      filledUp(JSON.stringify(sealed)),
      associated(binding),
      options.random,
    ),
  )
}

/** Throws `refusal` for what wasn't sealed for this pool, client and challenge, and NotAuthorizedException for what has expired. */
export const openSession = <Content>(
  binding: SessionBinding,
  sealed: string,
  options: { readonly key: Buffer; readonly clock: Clock; readonly refusal?: Fault },
): Content => {
  const opened = openSealed<Content>(binding, sealed, options.key)
  if (opened === undefined)
    throw options.refusal ?? new Fault('NotAuthorizedException', 'Invalid session for the user.')
  if (options.clock.now() >= opened.expiresAtMs)
    throw new Fault('NotAuthorizedException', 'Invalid session for the user, session is expired.')
  return opened.content
}

const openSealed = <Content>(
  binding: SessionBinding,
  sealed: string,
  key: Buffer,
): Sealed<Content> | undefined => {
  if (sealed.length > sealedCharactersMax) return undefined
  const parts = sessionParts(sealed)
  if (parts?.poolId !== binding.poolId || parts.clientId !== binding.clientId) return undefined
  try {
    const plain = open({ id: dataKeyId, bytes: key }, parts.sealed, associated(binding))
    return JSON.parse(plain.toString('utf8')) as Sealed<Content>
  } catch (error) {
    if (error instanceof SealBroken) return undefined
    throw error
  }
}
