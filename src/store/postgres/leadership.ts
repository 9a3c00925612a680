// One node of a Region leads at a time: the one whose connection holds an advisory lock. When it dies its connection does, and another takes over.
import type { Client } from 'pg'
import { settleHistory } from './history.ts'
import { schemaName } from './schema.ts'

/** Any number: the lock that the lead node holds for as long as it leads. */
const leadLock = 7_236_802
/** How soon a node looks again while it knows of none that leads, at most. */
const unledPollMsMax = 100

export type LeadershipOptions = {
  readonly connect: () => Promise<Client>
  /** Where the other nodes reach this one. */
  readonly nodeOrigin: string
  readonly pollMs: number
  /** How long the database may take to answer before this node no longer leads. */
  readonly answerTimeoutMs: number
  /**
   * Called when this node begins to lead, and when it no longer does; one after the other, never both at once. `settle` says that this node knows
   * of every pool that a replica has more of: from then on every node may write to pools.
   */
  readonly onLead: (settle: () => Promise<void>) => Promise<void>
  readonly onLose: () => Promise<void>
  readonly onError: (error: unknown) => void
  /** Called when the database gave no answer. */
  readonly onFailure: () => void
}

export type Leadership = {
  /** The origin of the lead node as last seen, which may be this node; undefined while nobody leads. */
  leader(): string | undefined
  isLeader(): boolean
  /** Stops leading, so that another node takes over at once. */
  close(): Promise<void>
}

/** Resolves after the first try, so that a Region of one node leads as soon as it has started. */
export const startLeadership = async (options: LeadershipOptions): Promise<Leadership> => {
  const unledPollMs = Math.min(options.pollMs, unledPollMsMax)
  let client: Client | undefined
  let isLeading = false
  let leaderSeen: string | undefined
  let isClosed = false
  let isTurning = false
  let timer: NodeJS.Timeout | undefined

  const lose = async (): Promise<void> => {
    if (!isLeading) return
    isLeading = false
    leaderSeen = undefined
    await options.onLose()
  }

  const connected = async (): Promise<Client> => {
    if (client !== undefined) return client
    const made = await options.connect()
    const lost = (): void => {
      if (client !== made) return
      client = undefined
      // The lock is gone, and another node may have it by now.
      if (isLeading) turnSoon()
    }
    made.on('error', lost)
    made.on('end', lost)
    client = made
    return made
  }

  /** Asks for the lock, or shows that it is still held: the lock lives exactly as long as the connection. */
  const look = async (): Promise<void> => {
    if (isLeading && client === undefined) await lose()
    const connection = await connected()
    const { rows } = await withTimeout(
      options.answerTimeoutMs,
      connection.query<{ leads: boolean; origin: string | null }>(
        `SELECT ${isLeading ? 'true' : 'pg_try_advisory_lock($1)'} AS leads, (SELECT origin FROM ${schemaName}.leader) AS origin`,
        isLeading ? [] : [leadLock],
      ),
    )
    const [row] = rows
    // What this node wrote when it led before says nothing about now.
    leaderSeen = isLeading || row?.origin !== options.nodeOrigin ? (row?.origin ?? undefined) : undefined
    if (row?.leads !== true || isLeading) return
    await withTimeout(
      options.answerTimeoutMs,
      connection.query(
        `INSERT INTO ${schemaName}.leader (id, origin) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET origin = excluded.origin`,
        [options.nodeOrigin],
      ),
    )
    leaderSeen = options.nodeOrigin
    isLeading = true
    await options.onLead(() => withTimeout(options.answerTimeoutMs, settleHistory(connection)))
  }

  const turn = async (): Promise<void> => {
    isTurning = true
    try {
      await look()
    } catch (error) {
      // A connection that doesn't answer may have lost the lock already: give it up, and what rests on it.
      const broken = client
      client = undefined
      broken?.end().catch(() => undefined)
      // At once: what rests on leading may itself be waiting for a server that is gone.
      options.onFailure()
      await lose().catch(options.onError)
      options.onError(error)
    }
    isTurning = false
    // The connection can have broken while this node was beginning to lead.
    const isCut = isLeading && client === undefined
    if (!isClosed) turnAfter(isCut ? 0 : leaderSeen === undefined ? unledPollMs : options.pollMs)
  }
  const turnAfter = (pauseMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      turning = turn()
    }, pauseMs)
  }
  /** A turn that is under way finds out by itself. */
  const turnSoon = (): void => {
    if (!isClosed && !isTurning) turnAfter(0)
  }
  let turning = turn()
  await turning

  return {
    leader: () => leaderSeen,
    isLeader: () => isLeading,
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await turning
      clearTimeout(timer)
      await lose()
      await client?.end()
    },
  }
}

const withTimeout = <Result>(timeoutMs: number, answer: Promise<Result>): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the database does not answer')), timeoutMs)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
