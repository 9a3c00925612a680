// A deployment of real processes for a benchmark, with a pool, a user and clients; and the CPU time and memory of its Regions.
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { startSupervisor } from '../src/cli/supervisor.ts'

/** Linux counts CPU time in hundredths of a second. */
const ticksPerSecond = 100
const pageBytes = 4_096

const statOf = (pid: number | undefined): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')

/** CPU seconds that a process has used, and its children that have ended (proc(5), utime, stime, cutime and cstime). */
export const cpuSecondsOf = (pid: number | undefined): number =>
  statOf(pid)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond

export const startDeployment = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-bench-'))
  const startedAtMs = performance.now()
  const supervisor = await startSupervisor({
    dataFolder: join(folder, 'data'),
    regions: ['us-east-1', 'us-west-2'],
    account: '000000000000',
    host: '127.0.0.1',
    port: 0,
    isTls: false,
    logLevel: 'error',
    logDescriptor: openSync(join(folder, 'log'), 'a'),
    isRestarted: false,
    say: () => {},
  })
  const startedInMs = performance.now() - startedAtMs
  const origins = supervisor.endpoints.regions
  const credentials = supervisor.accessKey
  return {
    supervisor,
    dataFolder: join(folder, 'data'),
    startedInMs,
    origins,
    cognito: (region: string) =>
      new CognitoIdentityProviderClient({ region, endpoint: origins[region], credentials, maxAttempts: 1 }),
    kms: (region: string) =>
      new KMSClient({ region, endpoint: origins[region], credentials, maxAttempts: 1 }),
    cpuSeconds: (region: string): number => cpuSecondsOf(supervisor.pid(region)),
    residentMiB: (region: string): number =>
      (Number(statOf(supervisor.pid(region))[21]) * pageBytes) / 1_048_576,
    close: async () => {
      await supervisor.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((left, right) => left - right)[
    Math.min(values.length - 1, Math.floor(values.length * share))
  ] ?? Number.NaN

/** Runs `work` from `callers` loops for `seconds`, or until `isDone`; returns how often per second it ended, and how long each took in ms. */
export const load = async (
  callers: number,
  seconds: number,
  work: () => Promise<unknown>,
  isDone: () => boolean = () => false,
) => {
  const times: number[] = []
  const startedAtMs = performance.now()
  const endsAtMs = startedAtMs + seconds * 1_000
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < endsAtMs && !isDone()) {
        const beganAtMs = performance.now()
        await work()
        times.push(performance.now() - beganAtMs)
      }
    }),
  )
  return { perSecond: times.length / ((performance.now() - startedAtMs) / 1_000), count: times.length, times }
}
