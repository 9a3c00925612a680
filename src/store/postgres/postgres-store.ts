// The engine for a Region that outgrows one machine: any number of nodes over one PostgreSQL database (15 or newer).
import { Pool, type PoolClient } from 'pg'
import type { Clock, Random } from '../../telemetry/clock.ts'
import { createCheckedStore, type StoreReader } from '../checked-store.ts'
import { checkNumber } from '../keys.ts'
import type { Store } from '../store.ts'
import { StoreFailure } from '../store-errors.ts'
import { createWatchers } from '../watchers.ts'
import { isUnusable, storeFailure } from './failure.ts'
import { createHistoryCheck } from './history.ts'
import { type Leadership, type LeadershipOptions, startLeadership } from './leadership.ts'
import { startLogListener } from './log-listener.ts'
import { createReader, type Query } from './reader.ts'
import { migrate, schemaName } from './schema.ts'
import { createServers } from './servers.ts'
import { createWriter } from './writer.ts'

export type PostgresStoreOptions = {
  /**
   * `postgres://user:password@host:port/database?sslmode=verify-full`. The user must be able to create a schema there. With several hosts,
   * separated by commas, the one that takes writes is found, also after a failover.
   */
  readonly url: string
  readonly clock: Clock
  readonly random: Random
  /** Entries that each stream's log keeps; older ones are trimmed. */
  readonly logEntriesMax?: number
  /** Connections that reads share, and connections that write, each. */
  readonly readersMax?: number
  readonly groupsMax?: number
  /** Changes, and their bytes, that may wait for the database before StoreBusy. */
  readonly waitingMax?: number
  readonly waitingBytesMax?: number
  /**
   * Whether commits to streams are refused with StoreFailure until the lead node has settled the database's history: where nodes live on while
   * their database is replaced by an older one.
   */
  readonly isSettledByLead?: boolean
  /** How often the positions of followed streams are looked at, in case a notification got lost. */
  readonly pollMs?: number
  /** How long a server has to take a connection, and to answer the lead node, before another one is looked for. */
  readonly answerTimeoutMs?: number
  /** How long the database may work at a statement. One that says nothing for longer is given up: its machine may be gone without a goodbye. */
  readonly statementTimeoutMs?: number
  /** Hears what listeners of `watch` and housekeeping fail with; a process warning unless given. */
  readonly onBackgroundError?: (error: unknown) => void
}

export type PostgresStore = Store & {
  /** Takes part in choosing the one node that leads the Region. To be closed before the store. */
  lead(options: Pick<LeadershipOptions, 'nodeOrigin' | 'onLead' | 'onLose' | 'onError'>): Promise<Leadership>
}

const answerTimeoutMsDefault = 5_000
const statementTimeoutMsDefault = 60_000

const warn = (error: unknown): void => {
  process.emitWarning(
    `the store's housekeeping failed: ${error instanceof Error ? error.message : String(error)}`,
  )
}

/**
 * Every session: our schema, and commits that are on the disk when they are acknowledged, whatever the server's default is. A server that also
 * waits for a standby (synchronous_standby_names) goes on doing so.
 */
const sessionSetUp = `SET search_path = ${schemaName};
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')`

/**
 * Opens the store in the database. Rejects with StoreFailure when the database can't be reached or used, or was written by a newer version. The
 * store's methods reject with RangeError for what the port forbids, Conflict, Divergence, StoreBusy and StoreFailure.
 */
export const openPostgresStore = async (options: PostgresStoreOptions): Promise<PostgresStore> => {
  const { url, clock, random, logEntriesMax = 1_000_000, onBackgroundError = warn } = options
  checkNumber(logEntriesMax, 1, 'logEntriesMax')
  const answerTimeoutMs = options.answerTimeoutMs ?? answerTimeoutMsDefault
  const statementTimeoutMs = options.statementTimeoutMs ?? statementTimeoutMsDefault
  const connection = {
    application_name: 'twinpool',
    connectionTimeoutMillis: answerTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + answerTimeoutMs,
    keepAlive: true,
  }
  const servers = createServers({
    url,
    connection,
    prepare: async (client) => {
      await client.query(sessionSetUp)
    },
  })
  const createPool = (max: number, options: { readonly pipeline?: boolean } = {}): Pool => {
    const pool = new Pool({
      ...connection,
      ...options,
      max,
      idleTimeoutMillis: 60_000,
      Client: servers.PoolClient,
      onConnect: servers.prepare,
    })
    pool.on('error', () => undefined)
    return pool
  }

  try {
    const first = await servers.connect()
    await migrate(first).finally(() => first.end().catch(() => undefined))
  } catch (error) {
    throw storeFailure(error, 'opening the store')
  }

  const readers = createPool(options.readersMax ?? 8)
  const writers = createPool((options.groupsMax ?? 4) + 1, { pipeline: true })

  /** A connection to the server in use; those that lead elsewhere go. */
  const checkOut = async (pool: Pool): Promise<PoolClient> => {
    for (;;) {
      const client = await pool.connect()
      if (servers.isCurrent(client)) return client
      client.release(true)
    }
  }

  const checkOutSomewhere = async (pool: Pool): Promise<PoolClient> => {
    const server = servers.current()
    try {
      return await checkOut(pool)
    } catch (error) {
      if (!(await servers.hasMovedFrom(server))) throw error
      return checkOut(pool)
    }
  }

  /** Lends a connection; one that broke, or leads to a server that takes no writes any more, is given up. */
  const lend = async <Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> => {
    const client = await checkOutSomewhere(pool)
    try {
      const result = await work(client)
      client.release()
      return result
    } catch (error) {
      client.release(isUnusable(error) && !(error instanceof RangeError))
      throw error
    }
  }

  const query: Query = (config) => lend(readers, (client) => client.query(config))
  const reader = createReader(query)
  const watchers = createWatchers(onBackgroundError)
  const nodeId = Buffer.from(random.bytes(9)).toString('base64url')
  const listener = startLogListener({
    connect: servers.connect,
    query,
    nodeId,
    pollMs: options.pollMs ?? 1_000,
    watched: watchers.streams,
    onGrown: watchers.notify,
    onError: onBackgroundError,
  })
  const writer = createWriter({
    withClient: (work) => lend(writers, work),
    nodeId,
    logEntriesMax,
    isSettled: options.isSettledByLead === true ? createHistoryCheck() : async () => true,
    waitingMax: options.waitingMax ?? 10_000,
    waitingBytesMax: options.waitingBytesMax ?? 64 * 1024 * 1024,
    groupsMax: options.groupsMax ?? 4,
    onGrown: listener.note,
    onHousekeepingError: onBackgroundError,
  })
  let closing: Promise<void> | undefined

  const store = createCheckedStore({
    clock,
    read: async <Result>(work: (source: StoreReader) => Result | Promise<Result>): Promise<Result> => {
      if (closing !== undefined) throw new StoreFailure('the store is closed')
      try {
        return await work(reader)
      } catch (error) {
        if (error instanceof RangeError) throw error
        throw storeFailure(error, 'reading the store')
      }
    },
    submit: writer.submit,
    watch: watchers.add,
    close: () => {
      closing ??= (async () => {
        try {
          await writer.close()
        } finally {
          await listener.close()
          watchers.clear()
          await Promise.all([readers.end(), writers.end()])
        }
      })()
      return closing
    },
  })
  return {
    ...store,
    lead: (leading) =>
      startLeadership({
        ...leading,
        connect: servers.connect,
        onFailure: () => void servers.hasMovedFrom(servers.current()),
        pollMs: options.pollMs ?? 1_000,
        answerTimeoutMs,
      }),
  }
}
