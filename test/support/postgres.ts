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
  /** Makes an empty database and returns its URL. */
  newDatabase(): Promise<string>
  /** SIGQUIT: the server stops at once, as in a crash. */
  crash(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
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

export const startPostgres = async (settings: readonly string[] = []): Promise<PostgresServer> => {
  const bin = programFolder()
  const user = userOf()
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-postgres-'))
  const passwordFile = join(folder, 'password')
  const password = randomBytes(12).toString('hex')
  writeFileSync(passwordFile, password)
  if (user.uid !== undefined && user.gid !== undefined)
    for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid)
  const data = join(folder, 'data')
  execFileSync(
    `${bin}/initdb`,
    [
      '-D',
      data,
      '-U',
      'twinpool',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C',
    ],
    { ...user, stdio: 'ignore', cwd: folder },
  )
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
    const flags = ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1']
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

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }

  let databases = 0
  await start()
  return {
    port,
    newDatabase: async () => {
      databases += 1
      const client = new Client({ connectionString: urlOf('postgres') })
      await client.connect()
      await client.query(`CREATE DATABASE test_${databases}`)
      await client.end()
      return urlOf(`test_${databases}`)
    },
    crash: () => end('SIGQUIT'),
    start,
    close: async () => {
      await end('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
