// The development inbox of a Region that a test started: what was sent to users.
import { routerTokenOf } from '../../src/region/deployment-secrets.ts'

export type InboxEntry = {
  readonly poolId: string
  readonly to: string
  readonly subject?: string
  readonly body: string
  readonly code?: string
}

/** The newest message of the pool to this destination. Throws without one. */
export const lastMessage = async (
  regions: { readonly origins: Readonly<Record<string, string>>; readonly deploymentSecret: string },
  poolId: string,
  destination: string,
  region = 'us-east-1',
): Promise<InboxEntry> => {
  const answer = await fetch(
    `${regions.origins[region]}/_twinpool/inbox?destination=${encodeURIComponent(destination)}`,
    { headers: { authorization: `Bearer ${routerTokenOf(regions.deploymentSecret)}` } },
  )
  const entries = (await answer.json()) as readonly InboxEntry[]
  const last = entries.filter((entry) => entry.poolId === poolId).at(-1)
  if (last === undefined) throw new Error(`nothing was sent to ${destination}`)
  return last
}
