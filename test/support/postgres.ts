// A real PostgreSQL server of the test's own: made in a temporary folder, on a free port, gone afterwards.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'

export type PostgresServer = {
  readonly port: number
  urlOf(database: string): string
  /** Makes an empty database and returns its URL. */
  newDatabase(): Promise<string>
  /** SIGQUIT: the server stops at once, as in a crash. */
  crash(): Promise<void>
  /** SIGKILL to all its processes at once, as when the machine is gone. */
  kill(): Promise<void>
  /** SIGSTOP to all its processes: connections stay and nothing answers, as when the network is gone. */
  pause(): void
  resume(): void
  start(): Promise<void>
  close(): Promise<void>
}

export type Standby = PostgresServer & {
  /** From now on the primary acknowledges no commit that the standby has not on its disk. */
  makeSynchronous(): Promise<void>
  /** It gets nothing more from the primary, as when the line between them is cut. */
  detach(): Promise<void>
  /** Makes it a primary; resolves when it takes writes. */
  promote(): Promise<void>
}

/** Debian keeps the server's programs out of the path, in a folder for each version. */
const programFolder = (): string => {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .sort((a, b) => b - a)
    : []
  const found = versions.map((version) => `${root}/${version}/bin`).find((bin) => existsSync(`${bin}/initdb`))
  if (found === undefined)
    throw new Error(
      'PostgreSQL is not installed: these tests start a server of their own (Debian: postgresql)',
    )
  return found
}

/** The server refuses to run as root, so root runs it as somebody else. */
const userOf = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const [, , uid, gid] =
    users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The server's processes: they put themselves into groups of their own, so each has to be named (proc(5), children). */
const processesOf = (pid: number): readonly number[] => [
  pid,
  ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
]

type Place = {
  readonly bin: string
  readonly folder: string
  readonly password: string
  readonly settings: readonly string[]
}

const newFolder = (): string => {
  const { uid, gid } = userOf()
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-postgres-'))
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  return folder
}

/** Runs the server whose data lies in the place's folder. */
const runServer = async ({ bin, folder, password, settings }: Place): Promise<PostgresServer> => {
  const user = userOf()
  const port = await freePort()
  const urlOf = (database: string): string => `postgres://twinpool:${password}@127.0.0.1:${port}/${database}`
  let server: ChildProcess | undefined

  const isUp = async (): Promise<boolean> => {
    const client = new Client({ connectionString: urlOf('postgres') })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return true
    } catch {
      return false
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  const start = async (): Promise<void> => {
    const flags = ['-D', join(folder, 'data'), '-p', String(port), '-k', folder, '-h', '127.0.0.1']
    server = spawn(`${bin}/postgres`, [...flags, ...settings.flatMap((setting) => ['-c', setting])], {
      ...user,
      stdio: 'ignore',
      cwd: folder,
    })
    for (const deadline = Date.now() + 20_000; !(await isUp()); ) {
      if (Date.now() > deadline || server.exitCode !== null) throw new Error('PostgreSQL did not start')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  const isRunning = (): boolean =>
    server !== undefined && server.exitCode === null && server.signalCode === null

  const signalAll = (signal: NodeJS.Signals): void => {
    if (!isRunning()) return
    for (const pid of processesOf(server?.pid ?? 0))
      try {
        process.kill(pid, signal)
      } catch (error) {
        // One that ended meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
  }

  const end = async (how: () => void): Promise<void> => {
    if (server === undefined || !isRunning()) return
    const ended = once(server, 'exit')
    how()
    await ended
  }
  const crash = (): Promise<void> => end(() => server?.kill('SIGQUIT'))

  let databases = 0
  await start()
  return {
    port,
    urlOf,
    newDatabase: async () => {
      databases += 1
      await run(urlOf('postgres'), `CREATE DATABASE test_${databases}`)
      return urlOf(`test_${databases}`)
    },
    crash,
    kill: () => end(() => signalAll('SIGKILL')),
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
    start,
    close: async () => {
      signalAll('SIGCONT')
      await crash()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const run = async (url: string, text: string): Promise<readonly Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const until = async (url: string, question: string): Promise<void> => {
  for (const deadline = Date.now() + 20_000; ; ) {
    if ((await run(url, question)).length > 0) return
    if (Date.now() > deadline) throw new Error(`it never came to be: ${question}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const startPostgres = async (settings: readonly string[] = []): Promise<PostgresServer> => {
  const bin = programFolder()
  const user = userOf()
  const folder = newFolder()
  const passwordFile = join(folder, 'password')
  const password = randomBytes(12).toString('hex')
  writeFileSync(passwordFile, password)
  if (user.uid !== undefined && user.gid !== undefined) chownSync(passwordFile, user.uid, user.gid)
  const identity = ['-U', 'twinpool', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  execFileSync(`${bin}/initdb`, ['-D', join(folder, 'data'), '-N', ...identity, '-E', 'UTF8', '--locale=C'], {
    ...user,
    stdio: 'ignore',
    cwd: folder,
  })
  return runServer({ bin, folder, password, settings })
}

/** A standby that streams from the primary, at first without the primary waiting for it (PostgreSQL documentation, "Log-Shipping Standby Servers"). */
export const startStandby = async (
  primary: PostgresServer,
  settings: readonly string[] = [],
): Promise<Standby> => {
  const bin = programFolder()
  const folder = newFolder()
  const { password } = new URL(primary.urlOf('postgres'))
  const data = join(folder, 'data')
  const from = `${primary.urlOf('postgres')}?application_name=standby`
  execFileSync(`${bin}/pg_basebackup`, ['-D', data, '-d', from, '-X', 'stream', '-c', 'fast', '-R', '-N'], {
    ...userOf(),
    stdio: 'ignore',
    cwd: folder,
  })
  const server = await runServer({ bin, folder, password, settings })
  const atPrimary = primary.urlOf('postgres')
  return {
    ...server,
    makeSynchronous: async () => {
      await run(atPrimary, `ALTER SYSTEM SET synchronous_standby_names = 'standby'`)
      await run(atPrimary, 'SELECT pg_reload_conf()')
      await until(atPrimary, `SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'`)
    },
    detach: async () => {
      const here = server.urlOf('postgres')
      await run(here, `ALTER SYSTEM SET primary_conninfo = ''`)
      await run(here, 'SELECT pg_reload_conf()')
      await until(here, 'SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_wal_receiver)')
    },
    promote: async () => {
      execFileSync(`${bin}/pg_ctl`, ['promote', '-w', '-D', data], {
        ...userOf(),
        stdio: 'ignore',
        cwd: folder,
      })
      await until(server.urlOf('postgres'), 'SELECT 1 WHERE NOT pg_is_in_recovery()')
    },
  }
}
