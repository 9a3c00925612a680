// One group of jobs as one transaction: locks its scopes, loads what the jobs look at, runs them, writes what they left.
import { type ClientBase, DatabaseError, type QueryConfig } from 'pg'
import { digestToHex } from '../digest.ts'
import type { JobResult } from '../job.ts'
import { placeOf } from '../keys.ts'
import { Conflict, Divergence } from '../store.ts'
import { StoreFailure } from '../store-errors.ts'
import { commitDurably } from './durable-commit.ts'
import { createGroupState, type GroupState, type Loaded, type Present } from './group-state.ts'
import { joinTerms, type StreamRow, splitTerms, streamIn } from './rows.ts'
import { type GroupJob, keysOfJob, runJob, scopesOfJob } from './run-job.ts'

/** Where a stream's log has come to. */
export type Growth = { readonly stream: string; readonly position: number }

/** What `NOTIFY` is sent on; the payload is the sending node's ID, the position and the stream, with spaces between. */
export const logChannel = 'twinpool_log'

export type Outcome = { readonly result: JobResult } | { readonly refusal: Error }
export type GroupResult =
  | { readonly kind: 'done'; readonly outcomes: readonly Outcome[]; readonly grown: readonly Growth[] }
  /** These scopes are being removed: the group was not run. */
  | { readonly kind: 'dropping'; readonly scopes: readonly string[] }

/** Locks the rows of the scopes that there are, in an order that all nodes keep. */
const lock = async (
  client: ClientBase,
  scopes: readonly string[],
): Promise<{ readonly isWhole: boolean; readonly dropping: readonly string[] }> => {
  const { rows } = await client.query<{ scope: string; dropping: object | null }>({
    name: 'lock-scopes',
    text: 'SELECT scope, dropping FROM scopes WHERE scope = ANY($1) ORDER BY scope FOR UPDATE',
    values: [[...scopes].sort()],
  })
  return {
    isWhole: rows.length === scopes.length,
    dropping: rows.filter(({ dropping }) => dropping !== null).map(({ scope }) => scope),
  }
}

/** Makes the rows of scopes that are missing. */
const makeScopes = async (client: ClientBase, scopes: readonly string[]): Promise<void> => {
  await client.query('INSERT INTO scopes (scope) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [
    [...scopes].sort(),
  ])
}

/** Locks the scopes, each named once, and makes those that are missing. Returns the ones being dropped. */
export const lockScopes = async (
  client: ClientBase,
  scopes: readonly string[],
): Promise<readonly string[]> => {
  const { isWhole, dropping } = await lock(client, scopes)
  if (isWhole) return dropping
  await makeScopes(client, scopes)
  return (await lock(client, scopes)).dropping
}

/** The transaction begun, its scopes locked, and what the jobs look at, read under the lock. */
const begin = async (
  client: ClientBase,
  jobs: readonly GroupJob[],
): Promise<{ readonly dropping: readonly string[]; readonly loaded: Loaded }> => {
  const scopes = [...new Set(jobs.flatMap(scopesOfJob))]
  // Sent together: the database runs one after the other, and reads only when it has the lock.
  const [, locked, loaded] = await Promise.all([
    client.query('BEGIN'),
    lock(client, scopes),
    load(client, jobs),
  ])
  if (locked.isWhole) return { dropping: locked.dropping, loaded }
  await makeScopes(client, scopes)
  const [again, reloaded] = await Promise.all([lock(client, scopes), load(client, jobs)])
  return { dropping: again.dropping, loaded: reloaded }
}

const load = async (client: ClientBase, jobs: readonly GroupJob[]): Promise<Loaded> => {
  const keys = [...new Set(jobs.flatMap((job) => keysOfJob(job)))]
  const counterKeys = [
    ...new Set(
      jobs.flatMap((job) => (job.kind === 'commit' ? (job.commit.add ?? []).map(({ key }) => key) : [])),
    ),
  ]
  const streamNames = [
    ...new Set(
      jobs.flatMap((job) => {
        const stream = job.kind === 'commit' ? job.commit.stream : job.stream
        return stream === undefined ? [] : [stream]
      }),
    ),
  ]
  // Sent together: one way to the server and back.
  const [foundRecords, foundCounters, foundStreams] = await Promise.all([
    keys.length === 0
      ? undefined
      : client.query<{ key: string; version: string; hash: Buffer | null; terms: string }>({
          name: 'load-records',
          text: 'SELECT key, version, hash, terms FROM records WHERE key = ANY($1)',
          values: [keys],
        }),
    counterKeys.length === 0
      ? undefined
      : client.query<{ key: string; n: string }>({
          name: 'load-counters',
          text: 'SELECT key, n FROM counters WHERE key = ANY($1)',
          values: [counterKeys],
        }),
    streamNames.length === 0
      ? undefined
      : client.query<StreamRow>({
          name: 'load-streams',
          text: 'SELECT stream, position, epoch, digest, entry_digest, trimmed, copy FROM streams WHERE stream = ANY($1)',
          values: [streamNames],
        }),
  ])
  const records = new Map(
    foundRecords?.rows.map(({ key, version, hash, terms }): [string, Present] => [
      key,
      { version: Number(version), hash: hash ?? undefined, terms: splitTerms(terms) },
    ]),
  )
  const counters = new Map(foundCounters?.rows.map(({ key, n }): [string, number] => [key, Number(n)]))
  const streams = new Map(foundStreams?.rows.map((row) => [row.stream, streamIn(row)] as const))
  return { records, counters, streams }
}

type Changes = ReturnType<GroupState['changes']>

const statementsOfRecords = (changes: Changes['records']): readonly QueryConfig[] => {
  const statements: QueryConfig[] = []
  const removed = changes.filter(({ before, after }) => before !== undefined && after === undefined)
  const put = changes.flatMap(({ after }) => (after === undefined ? [] : [after]))
  const fewerTerms: [string, string][] = []
  const moreTerms: [string, string][] = []
  const places = new Map<string, number>()
  for (const { key, before, after } of changes) {
    const had = new Set(before?.terms)
    const has = new Set(after?.terms)
    for (const term of had) if (!has.has(term)) fewerTerms.push([term, key])
    for (const term of has) if (!had.has(term)) moreTerms.push([term, key])
    const difference = (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    if (difference !== 0) places.set(placeOf(key), (places.get(placeOf(key)) ?? 0) + difference)
  }
  if (fewerTerms.length > 0)
    statements.push({
      name: 'remove-terms',
      text: 'DELETE FROM terms USING unnest($1::text[], $2::text[]) AS gone(term, key) WHERE terms.term = gone.term AND terms.key = gone.key',
      values: [fewerTerms.map(([term]) => term), fewerTerms.map(([, key]) => key)],
    })
  if (removed.length > 0)
    statements.push({
      name: 'remove-records',
      text: 'DELETE FROM records WHERE key = ANY($1)',
      values: [removed.map(({ key }) => key)],
    })
  if (put.length > 0)
    statements.push({
      name: 'put-records',
      text: `INSERT INTO records (key, version, hash, terms, value)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::text[], $5::bytea[])
        ON CONFLICT (key) DO UPDATE SET version = excluded.version, hash = excluded.hash, terms = excluded.terms, value = excluded.value`,
      values: [
        put.map(({ key }) => key),
        put.map(({ version }) => version),
        put.map(({ hash }) => (hash === undefined ? null : bufferOf(hash))),
        put.map(({ terms }) => joinTerms(terms)),
        put.map(({ value }) => bufferOf(value)),
      ],
    })
  if (moreTerms.length > 0)
    statements.push({
      name: 'put-terms',
      text: 'INSERT INTO terms (term, key) SELECT * FROM unnest($1::text[], $2::text[])',
      values: [moreTerms.map(([term]) => term), moreTerms.map(([, key]) => key)],
    })
  if (places.size > 0)
    statements.push({
      name: 'count-places',
      text: `INSERT INTO places (name, n) SELECT * FROM unnest($1::text[], $2::bigint[])
        ON CONFLICT (name) DO UPDATE SET n = places.n + excluded.n`,
      values: [[...places.keys()], [...places.values()]],
    })
  return statements
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** All that the group leaves in the database, and how far logs have grown with it. */
const statementsOf = (
  changes: Changes,
  nodeId: string,
): { readonly statements: readonly QueryConfig[]; readonly grown: readonly Growth[] } => {
  const statements = changes.records.length > 0 ? [...statementsOfRecords(changes.records)] : []
  if (changes.counters.length > 0)
    statements.push({
      name: 'put-counters',
      text: `INSERT INTO counters (key, n) SELECT * FROM unnest($1::text[], $2::bigint[])
        ON CONFLICT (key) DO UPDATE SET n = excluded.n`,
      values: [changes.counters.map(([key]) => key), changes.counters.map(([, n]) => n)],
    })
  for (const [stream, state] of changes.streams)
    statements.push({
      name: 'put-stream',
      text: `INSERT INTO streams (stream, position, epoch, digest, entry_digest, trimmed, copy) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (stream) DO UPDATE SET position = excluded.position, epoch = excluded.epoch, digest = excluded.digest,
          entry_digest = excluded.entry_digest, trimmed = excluded.trimmed, copy = excluded.copy`,
      values: [
        stream,
        state.position,
        state.epoch,
        digestToHex(state.digest),
        state.entryDigest ?? null,
        state.trimmed,
        state.copy === undefined ? null : JSON.stringify(state.copy),
      ],
    })
  const { log } = changes
  if (log.length === 0) return { statements, grown: [] }
  statements.push({
    name: 'append-log',
    text: 'INSERT INTO log (stream, position, entry) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])',
    values: [
      log.map(({ stream }) => stream),
      log.map(({ position }) => position),
      log.map(({ entry }) => entry),
    ],
  })
  const grown = changes.streams
    .filter(([name]) => log.some(({ stream }) => stream === name))
    .map(([stream, { position }]): Growth => ({ stream, position }))
  statements.push({
    name: 'tell-nodes',
    text: 'SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload',
    values: [logChannel, grown.map(({ stream, position }) => `${nodeId} ${position} ${stream}`)],
  })
  return { statements, grown }
}

/** What begins here and goes to other Regions. What came from there, and what a Region knows of itself, may be written at any time. */
const needsSettled = (job: GroupJob): boolean => job.kind === 'commit' && job.commit.stream !== undefined

const unsettled = (): StoreFailure =>
  new StoreFailure(
    'the database may lack acknowledged commits: it is written to when the lead node has asked the other Regions',
  )

const isRefusal = (error: unknown): error is Error =>
  error instanceof Conflict || error instanceof Divergence || error instanceof RangeError

/**
 * Runs the jobs in order in one transaction; durable when it resolves. A refused job leaves no trace and does not hurt the others. Rejects
 * with the database's own error, after which nothing is done, or with OutcomeUnknown.
 */
export const runGroup = async (
  client: ClientBase,
  jobs: readonly GroupJob[],
  options: {
    readonly nodeId: string
    readonly logEntriesMax: number
    /** Whether pools may be written to over this connection. */
    readonly isSettled: (client: ClientBase) => Promise<boolean>
  },
): Promise<GroupResult> => {
  try {
    const { dropping, loaded } = await begin(client, jobs)
    if (dropping.length > 0) {
      await client.query('ROLLBACK')
      return { kind: 'dropping', scopes: dropping }
    }
    const state = createGroupState(loaded, options.logEntriesMax)
    const isSettled = !jobs.some(needsSettled) || (await options.isSettled(client))
    const outcomes = jobs.map((job): Outcome => {
      if (!isSettled && needsSettled(job)) return { refusal: unsettled() }
      try {
        return { result: state.attempt(() => runJob(state, job)) }
      } catch (error) {
        if (!isRefusal(error)) throw error
        return { refusal: error }
      }
    })
    const { statements, grown } = statementsOf(state.changes(), options.nodeId)
    await commitDurably(client, statements)
    return { kind: 'done', outcomes, grown }
  } catch (error) {
    // A broken connection has nothing left to roll back, and is given up by whoever lent it; a silent one would not answer to this either.
    if (error instanceof DatabaseError || error instanceof RangeError)
      await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}
