// Hears of commits that other nodes made. Notifications only wake; that nothing is missed rests on looking at the positions now and then.
import type { Client } from 'pg'
import { type Growth, logChannel } from './group-transaction.ts'
import type { Query } from './reader.ts'

export type LogListenerOptions = {
  readonly connect: () => Promise<Client>
  readonly query: Query
  readonly nodeId: string
  readonly pollMs: number
  /** The streams that somebody here follows. */
  readonly watched: () => readonly string[]
  readonly onGrown: (streams: readonly string[]) => void
  readonly onError: (error: unknown) => void
}

export type LogListener = {
  /** Tells the listeners of streams that stand elsewhere than they were told: further on, or at the beginning of a copy. */
  note(grown: readonly Growth[]): void
  close(): Promise<void>
}

/** Never rejects: without a connection it goes on polling, and tries to connect at every poll. */
export const startLogListener = (options: LogListenerOptions): LogListener => {
  const { nodeId } = options
  /** How far the listeners to each followed stream were told that it has come. */
  const positions = new Map<string, number>()
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const note = (grown: readonly Growth[]): void => {
    const news = grown.filter(({ stream, position }) => position !== (positions.get(stream) ?? 0))
    const watched = new Set(options.watched())
    for (const { stream, position } of news) if (watched.has(stream)) positions.set(stream, position)
    if (news.length > 0) options.onGrown(news.map(({ stream }) => stream))
  }

  const listen = async (): Promise<void> => {
    const connected = await options.connect()
    connected.on('notification', ({ payload = '' }) => {
      const [node, position, ...stream] = payload.split(' ')
      if (node !== nodeId) note([{ stream: stream.join(' '), position: Number(position) }])
    })
    const lost = (): void => {
      if (client === connected) client = undefined
    }
    connected.on('error', lost)
    connected.on('end', lost)
    await connected.query(`LISTEN ${logChannel}`)
    client = connected
  }

  const look = async (): Promise<void> => {
    const watched = options.watched()
    for (const stream of positions.keys()) if (!watched.includes(stream)) positions.delete(stream)
    if (watched.length === 0) return
    const { rows } = await options.query<{ stream: string; position: string }>({
      name: 'positions',
      text: 'SELECT stream, position FROM streams WHERE stream = ANY($1)',
      values: [watched],
    })
    note(rows.map(({ stream, position }) => ({ stream, position: Number(position) })))
  }

  const poll = async (): Promise<void> => {
    try {
      if (client === undefined) await listen()
      await look()
    } catch (error) {
      options.onError(error)
    }
    if (!isClosed) timer = setTimeout(pollAgain, options.pollMs)
  }
  let running = poll()
  const pollAgain = (): void => {
    running = poll()
  }

  return {
    note,
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await running
      clearTimeout(timer)
      await client?.end()
    },
  }
}
