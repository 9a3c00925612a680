// The servers that the database's URL names, and which of them takes writes: a primary, and those that can be promoted in its place.
import { Socket } from 'node:net'
import { Client, type ClientBase, type ClientConfig } from 'pg'
import { StoreFailure } from '../store-errors.ts'

/** What a Region needs is always the server that takes writes, so these say nothing new (libpq, "target_session_attrs"). */
const sessionsMeant: ReadonlySet<string> = new Set(['any', 'read-write', 'primary'])

/**
 * `postgres://user@one:5432,other:5432/database` as a URL for each server (PostgreSQL documentation, "Connection URIs"; the driver knows of one
 * only). Throws StoreFailure for what is no such URL; its message holds no part of it.
 */
export const serverUrls = (url: string): readonly string[] => {
  const parts = /^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?)([^@/?]+)(\/[^?]*)?(?:\?(.*))?$/.exec(url)
  if (parts === null) return [url]
  const [, start = '', hosts = '', database = '', query = ''] = parts
  const parameters = new URLSearchParams(query)
  if (!sessionsMeant.has(parameters.get('target_session_attrs') ?? 'any'))
    throw new StoreFailure('a Region needs the server that takes writes: target_session_attrs=read-write')
  parameters.delete('target_session_attrs')
  const urls = hosts.split(',').map((host) => `${start}${host}${database}?${parameters.toString()}`)
  if (!urls.every((one) => URL.canParse(one)))
    throw new StoreFailure('the URL of the database names a server that can not be')
  return urls
}

/** With nobody to move to, the servers are not asked again before this has passed. */
const askedAgainMs = 250

export type Servers = {
  /** A connection of one's own to the server that takes writes, which may be another one than before. Rejects with the driver's error. */
  connect(): Promise<Client>
  /** What a pool makes its connections with: each goes to the server in use. */
  readonly PoolClient: new (
    config?: ClientConfig,
  ) => Client
  /** Makes a pool's new connection ready. Rejects when the server takes no writes and there are others. */
  prepare(client: ClientBase): Promise<void>
  /** Which server is in use. */
  current(): number
  /** Whether a connection leads to the server in use. */
  isCurrent(client: ClientBase): boolean
  /** Asks the servers if `server` is still in use and something went wrong there; true when another one is in use now. */
  hasMovedFrom(server: number): Promise<boolean>
}

/**
 * A server is left only when it takes no writes, or does not answer in time, and another one does. What was under way there then fails, so that
 * nobody waits for a machine that is gone until TCP gives up.
 */
export const createServers = (options: {
  readonly url: string
  /** Everything but where to connect. `connectionTimeoutMillis` is also how long a server has to answer. */
  readonly connection: ClientConfig & { readonly connectionTimeoutMillis: number }
  /** Makes a new connection ready. */
  readonly prepare: (client: ClientBase) => Promise<void>
}): Servers => {
  const { connection } = options
  const urls = serverUrls(options.url)
  const serverOf = new WeakMap<ClientBase, number>()
  const sockets = new Map<Client, Socket>()
  let inUse = 0
  let choosing: Promise<void> | undefined

  class ServerClient extends Client {
    constructor(config: ClientConfig = connection, server = inUse) {
      const socket = new Socket()
      super({ ...config, connectionString: urls[server], stream: () => socket })
      // A connection that breaks is found by its next use.
      this.on('error', () => undefined)
      socket.once('close', () => sockets.delete(this))
      serverOf.set(this, server)
      sockets.set(this, socket)
    }
  }

  const prepare = async (client: ClientBase): Promise<void> => {
    await options.prepare(client)
    if (urls.length > 1) await requireWrites(client)
  }

  const openAt = async (server: number): Promise<Client> => {
    const client = new ServerClient(connection, server)
    try {
      await client.connect()
      await prepare(client)
      return client
    } catch (error) {
      sockets.get(client)?.destroy()
      throw error
    }
  }

  const takesWrites = async (server: number): Promise<boolean> => {
    const asking = openAt(server).then(
      async (client) => {
        await client.end()
        return true
      },
      () => false,
    )
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), connection.connectionTimeoutMillis)
    })
    return Promise.race([asking, late]).finally(() => clearTimeout(timer))
  }

  const choose = async (): Promise<void> => {
    const answers = urls.map((_, server) => takesWrites(server))
    // The one in use has the first word: two that take writes are the operator's to sort out, not a reason to move.
    if (await answers[inUse]) return
    for (const [server, answer] of answers.entries()) {
      if (!(await answer)) continue
      inUse = server
      // Not with a goodbye: it may never be answered.
      for (const [client, socket] of sockets) if (serverOf.get(client) !== server) socket.destroy()
      return
    }
    await new Promise((resolve) => setTimeout(resolve, askedAgainMs))
  }

  const hasMovedFrom = async (server: number): Promise<boolean> => {
    if (inUse === server && urls.length > 1) {
      choosing ??= choose().finally(() => {
        choosing = undefined
      })
      await choosing
    }
    return inUse !== server
  }

  return {
    connect: async () => {
      const server = inUse
      try {
        return await openAt(server)
      } catch (error) {
        if (!(await hasMovedFrom(server))) throw error
        return openAt(inUse)
      }
    },
    PoolClient: ServerClient,
    prepare,
    current: () => inUse,
    isCurrent: (client) => serverOf.get(client) === inUse,
    hasMovedFrom,
  }
}

/** A standby, and a primary that was set read-only, say so. */
const requireWrites = async (client: ClientBase): Promise<void> => {
  const { rows } = await client.query<{ readonly isReadOnly: boolean }>(
    `SELECT current_setting('transaction_read_only')::boolean AS "isReadOnly"`,
  )
  if (rows[0]?.isReadOnly !== false) throw new StoreFailure('the server of the database takes no writes')
}
