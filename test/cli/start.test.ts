// `twinpool start`, `twinpool env` and the processes that they start, as a person or a script meets them.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import {
  CognitoIdentityProviderClient,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Command, newFolder, runCommand, runUnderNpm } from './support/command.ts'

type Endpoints = {
  readonly router: string
  readonly regions: Record<string, string>
  readonly account: string
  readonly authorityFile?: string
}

let folder: string
const commands: Command[] = []

const run = (...words: readonly string[]): Command => {
  const command = runCommand(...words)
  commands.push(command)
  return command
}

const startDeployment = async (...flags: readonly string[]) => {
  const command = run('start', '--data', folder, '--port', '0', '--json', ...flags)
  return { command, endpoints: JSON.parse(await command.firstLine()) as Endpoints }
}

const stop = async (command: Command) => {
  command.child.kill('SIGTERM')
  return command.ended
}

const exportsOf = async (): Promise<Record<string, string>> => {
  const { output } = await run('env', '--data', folder).ended
  return Object.fromEntries(
    [...output.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
  )
}

const filesUnder = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))

const isRefusing = async (origin: string): Promise<boolean> => {
  try {
    await fetch(origin)
    return false
  } catch {
    return true
  }
}

beforeEach(() => {
  folder = newFolder()
})

afterEach(async () => {
  for (const { child } of commands)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  await Promise.all(commands.splice(0).map(({ ended }) => ended))
  rmSync(folder, { recursive: true, force: true })
})

describe('a deployment', () => {
  test('prints its endpoints as one line of JSON when every Region answers, and stops cleanly when asked', async () => {
    const { command, endpoints } = await startDeployment()
    expect(Object.keys(endpoints.regions)).toEqual(['us-east-1', 'us-west-2'])
    const environment = await exportsOf()
    expect(environment.AWS_ENDPOINT_URL).toBe(endpoints.router)
    for (const region of Object.keys(endpoints.regions)) {
      const client = new CognitoIdentityProviderClient({
        region,
        endpoint: endpoints.router,
        credentials: {
          accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
          secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
        },
      })
      expect((await client.send(new ListUserPoolsCommand({ MaxResults: 1 }))).UserPools).toEqual([])
      client.destroy()
    }
    const { exitCode, output } = await stop(command)
    expect(exitCode).toBe(0)
    expect(output.trim().split('\n')).toHaveLength(1)
    for (const origin of [endpoints.router, ...Object.values(endpoints.regions)])
      expect(await isRefusing(origin)).toBe(true)
    expect(filesUnder(folder).filter((name) => name.endsWith('owner.json'))).toEqual([])
  })

  test('keeps its access key, account and secret over a restart, and never prints a secret', async () => {
    const first = await startDeployment('--account', '123456789012')
    const before = readFileSync(join(folder, 'deployment.json'), 'utf8')
    const { output, errors } = await stop(first.command)
    const second = await startDeployment()
    expect(second.endpoints.account).toBe('123456789012')
    expect(readFileSync(join(folder, 'deployment.json'), 'utf8')).toBe(before)
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = await exportsOf()
    expect(AWS_ACCESS_KEY_ID).toMatch(/^AKIA[A-Z2-7]{16}$/)
    expect(AWS_SECRET_ACCESS_KEY).toMatch(/^[A-Za-z0-9+/]{40}$/)
    expect(output + errors).not.toContain(AWS_SECRET_ACCESS_KEY)
    await stop(second.command)
  })

  test('takes the access key that it is given', async () => {
    const { command } = await startDeployment('--access-key', 'MYKEY1234:my secret'.replace(' ', '-'))
    expect(await exportsOf()).toMatchObject({
      AWS_ACCESS_KEY_ID: 'MYKEY1234',
      AWS_SECRET_ACCESS_KEY: 'my-secret',
    })
    await stop(command)
  })

  test('lets nobody but its owner read what it keeps', async () => {
    const { command } = await startDeployment('--tls')
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const path of filesUnder(folder)) {
      const stat = statSync(path)
      expect([path, (stat.mode & 0o777).toString(8)]).toEqual([path, stat.isDirectory() ? '700' : '600'])
    }
    await stop(command)
  })

  test('refuses a data folder that another deployment uses, and takes it after a kill -9', async () => {
    const first = await startDeployment()
    const second = await run('start', '--data', folder, '--port', '0', '--json').ended
    expect(second).toMatchObject({ exitCode: 1, output: '' })
    expect(second.errors).toContain('is in use by another twinpool')
    first.command.child.kill('SIGKILL')
    await first.command.ended
    // Nobody is left to stop the Regions: they notice and stop by themselves.
    for (const origin of [first.endpoints.router, ...Object.values(first.endpoints.regions)])
      await vi.waitFor(async () => expect(await isRefusing(origin)).toBe(true), { timeout: 15_000 })
    const third = await startDeployment()
    expect((await stop(third.command)).exitCode).toBe(0)
  })

  test('stops cleanly when it is asked while it is starting', async () => {
    const command = run('start', '--data', folder, '--port', '0', '--json')
    await vi.waitFor(() => expect(existsSync(join(folder, 'router.json'))).toBe(true), {
      timeout: 15_000,
      interval: 5,
    })
    const { exitCode } = await stop(command)
    expect(exitCode).toBe(0)
  })

  test('stops with the npm that started it', async () => {
    const command = runUnderNpm('start', '--data', folder, '--port', '0', '--json')
    commands.push(command)
    const { router, regions } = JSON.parse(await command.firstLine()) as Endpoints
    command.child.kill('SIGTERM')
    // Resolves when nobody holds the output any more: the shell, and then the deployment under it.
    expect((await command.ended).errors).toBe('')
    for (const origin of [router, ...Object.values(regions)]) expect(await isRefusing(origin)).toBe(true)
    expect(filesUnder(folder).filter((name) => name.endsWith('owner.json'))).toEqual([])
  })

  test('starts a Region again that dies by itself', async () => {
    const { command, endpoints } = await startDeployment('--log-level', 'info')
    const ownerFile = join(folder, 'us-west-2', 'store', 'owner.json')
    const pidOf = (): number => (JSON.parse(readFileSync(ownerFile, 'utf8')) as { pid: number }).pid
    const before = pidOf()
    process.kill(before, 'SIGKILL')
    await vi.waitFor(
      async () => {
        expect(pidOf()).not.toBe(before)
        expect((await fetch(`${endpoints.regions['us-west-2']}/_twinpool/health`)).status).toBe(200)
      },
      { timeout: 20_000 },
    )
    const { exitCode, errors } = await stop(command)
    expect(exitCode).toBe(0)
    expect(errors).toContain('Region us-west-2 ended by itself (signal SIGKILL).')
    expect(errors).toContain('Region us-west-2 is ready again.')
  })

  test('serves HTTPS that a client verifies under the development CA alone', async () => {
    const { command, endpoints } = await startDeployment('--tls')
    const authority = readFileSync(endpoints.authorityFile ?? '')
    const statusOf = (origin: string, ca: Buffer | undefined): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = request(`${origin}/_twinpool/health`, { ca, agent: false }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        sent.on('error', reject)
        sent.end()
      })
    for (const origin of [endpoints.router, ...Object.values(endpoints.regions)]) {
      expect(origin).toMatch(/^https:/)
      expect(await statusOf(origin, authority)).toBe(200)
      expect(await statusOf(origin.replace('127.0.0.1', 'localhost'), authority)).toBe(200)
      await expect(statusOf(origin, undefined)).rejects.toThrow()
    }
    expect(await exportsOf()).toMatchObject({
      AWS_CA_BUNDLE: endpoints.authorityFile,
      NODE_EXTRA_CA_CERTS: endpoints.authorityFile,
    })
    await stop(command)
  })
})

describe('wrong use', () => {
  const cases: readonly (readonly [words: readonly string[], line: string])[] = [
    [['start', '--prot', '9300'], 'There is no flag --prot.'],
    [['start', '--port', 'http'], '--port: a port is a number from 0 to 65535.'],
    [['start', '--port', '65535'], '--port: the 3 ports from 65535 on end above 65535.'],
    [['start', '--port'], '--port needs a value.'],
    [['start', '--regions', 'us-east-1,us-east-1'], '--regions: a Region is named twice.'],
    [['start', '--regions', 'virginia'], '--regions: a Region name looks like us-east-1.'],
    [['start', '--account', '42'], '--account: an account ID has 12 digits.'],
    [['start', '--access-key', 'nonsense'], '--access-key: give it as ID:SECRET'],
    [['start', '--log-level', 'loud'], '--log-level: one of debug, info, warn, error, silent.'],
    [['start', 'now'], "'now' is not expected here."],
    [['region', '--configuration', '/nowhere.json'], 'there is no file /nowhere.json.'],
    [['stop'], "There is no command 'stop'."],
    [['set-aside', 'apply'], "There is no command 'apply'. There are: list, reapply, discard."],
  ]
  test.each(cases)('%j is one clear line and exit code 2', async (words, line) => {
    const where = words[0] === 'start' ? ['--data', folder] : []
    const { exitCode, errors } = await run(...words.slice(0, 1), ...where, ...words.slice(1)).ended
    expect(errors).toContain(line)
    expect(errors.trim().split('\n')).toHaveLength(1)
    expect(exitCode).toBe(2)
  })

  test('a port that is in use is one clear line and exit code 1', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await vi.waitFor(() => expect(server.listening).toBe(true))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { exitCode, errors } = await run('start', '--data', folder, '--port', String(port)).ended
    server.close()
    expect(errors.trim()).toBe(
      `twinpool start: Port ${port} of 127.0.0.1 is in use. Choose another with --port (0 for any free ones).`,
    )
    expect(exitCode).toBe(1)
  })

  test('a package that this version needs and nobody installed is one clear line and exit code 1', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    for (const part of ['bin', 'src', 'models', 'package.json'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    mkdirSync(join(folder, 'node_modules'))
    for (const name of ['citty', 'zod'])
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'bin/twinpool.js'), 'docs'], {
      encoding: 'utf8',
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') },
    })
    expect(stderr).toMatch(/^twinpool docs: The package \S+ is not installed\. .*: run npm ci\.\n$/)
    expect(status).toBe(1)
  })

  test('a data folder that can not be made is one clear line and exit code 1', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const { exitCode, errors } = await run('start', '--data', join(file, 'data'), '--port', '0').ended
    expect(errors).toMatch(/^twinpool start: The data folder \S+ can't be written: ENOTDIR: [^\n]*\n$/)
    expect(exitCode).toBe(1)
  })

  test('data whose root key is gone is not given another one', async () => {
    const { command } = await startDeployment()
    await stop(command)
    const rootKey = join(folder, 'us-east-1', 'root.key')
    rmSync(rootKey)
    const { exitCode, errors } = await run('start', '--data', folder, '--port', '0', '--json').ended
    expect(errors).toContain('Region us-east-1 did not start: there is data, and no root key that opens it')
    expect(errors).toContain(rootKey)
    expect(exitCode).toBe(1)
    expect(existsSync(rootKey)).toBe(false)
  })

  test('env of a deployment whose endpoints are damaged says what to do', async () => {
    const { command } = await startDeployment()
    await stop(command)
    writeFileSync(join(folder, 'endpoints.json'), '{')
    const { exitCode, errors } = await run('env', '--data', folder).ended
    expect(errors).toBe(
      `twinpool env: ${join(folder, 'endpoints.json')} is damaged. It is written anew when the deployment starts.\n`,
    )
    expect(exitCode).toBe(1)
  })

  test('another account for a folder that has one is refused', async () => {
    const { command } = await startDeployment()
    await stop(command)
    const { exitCode, errors } = await run('start', '--data', folder, '--account', '111111111111').ended
    expect(errors).toContain('the data folder holds account 000000000000')
    expect(exitCode).toBe(2)
  })

  test('env takes out of the shell what would go to Twinpool with its key, or in place of it', async () => {
    const { command } = await startDeployment()
    const { output } = await run('env', '--data', folder).ended
    const shell = spawnSync('bash', ['-c', `${output}\nenv`], {
      encoding: 'utf8',
      env: { AWS_SESSION_TOKEN: 'of-amazon', AWS_PROFILE: 'work', AWS_REGION: 'eu-west-1' },
    })
    const lines = shell.stdout.split('\n').filter((line) => line.startsWith('AWS_'))
    expect(new Set(lines.map((line) => line.split('=')[0]))).toEqual(
      new Set([
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'AWS_REGION',
        'AWS_DEFAULT_REGION',
        'AWS_ENDPOINT_URL',
      ]),
    )
    expect(lines).toContain('AWS_REGION=us-east-1')
    await stop(command)
  })

  test('env without a deployment says what to do', async () => {
    const { exitCode, errors } = await run('env', '--data', join(folder, 'none')).ended
    expect(errors).toContain('No deployment was started in')
    expect(exitCode).toBe(1)
  })
})

describe('help', () => {
  const asked: readonly (readonly [words: readonly string[], firstLine: RegExp])[] = [
    [[], /^Amazon-Cognito-compatible .* \(twinpool\)$/],
    [['-h'], /\(twinpool\)$/],
    [['help', 'start'], /\(twinpool start\)$/],
    [['start', '-h'], /\(twinpool start\)$/],
    [['set-aside'], /\(twinpool set-aside\)$/],
    [['set-aside', 'list', '--help'], /\(twinpool set-aside list\)$/],
    [['--version'], /^\d+\.\d+\.\d+$/],
  ]
  test.each(asked)('%j is answered in plain text where no terminal reads it', async (words, firstLine) => {
    const { exitCode, output, errors } = await run(...words).ended
    expect(output.split('\n')[0]).toMatch(firstLine)
    expect(output).toBe(stripVTControlCharacters(output))
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
  })
})
