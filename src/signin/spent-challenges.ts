// Custom challenges that were answered: each can be once. A user's are remembered with the user's codes, nobody's in memory, so that both look the same.
import { LRUCache } from 'lru-cache'
import type { User } from '../directory/records/user.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { perRegion } from '../vault/per-region.ts'
import { Fault } from '../wire/fault.ts'
import { useChallenge } from './factor-attempts.ts'
import type { SignInRequest } from './sign-in-request.ts'

/** Names of nobody cost an attacker nothing, so they may not cost the disk anything. */
const rememberedMax = 50_000
/** Longer than the longest AuthSessionValidity. */
const rememberedMs = 16 * 60_000

const spentByNobody = perRegion(() => new LRUCache<string, true>({ max: rememberedMax, ttl: rememberedMs }))

/** Throws NotAuthorizedException when the challenge was answered before. */
export const spendChallenge = async (
  { client, context }: SignInRequest,
  user: User | undefined,
  challengeId: string,
): Promise<void> => {
  if (user !== undefined)
    return useChallenge(context, user, {
      challengeId,
      untilMs: context.clock.now() + tokenLifetimes(client).authSessionMs,
    })
  const spent = spentByNobody(context)
  if (spent.has(challengeId))
    throw new Fault('NotAuthorizedException', 'Invalid session for the user, session can only be used once.')
  spent.set(challengeId, true)
}
