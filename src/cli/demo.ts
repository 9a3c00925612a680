// `twinpool demo`: the whole promise in one run, with real processes and real clients, in a temporary folder.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { defineCommand } from 'citty'
import { z } from 'zod'
import { CliFailure } from './cli-failure.ts'
import { createNarrator } from './demo/narrator.ts'
import type { Prove } from './demo/stage.ts'
import { demoRegions, tellStory } from './demo/story.ts'
import { readOptions } from './options.ts'
import { stopRequest } from './stop-request.ts'
import { type Supervisor, startSupervisor } from './supervisor.ts'

const logLinesShown = 20

const lastLines = (path: string): string =>
  readFileSync(path, 'utf8').trimEnd().split('\n').slice(-logLinesShown).join('\n')

const startDeployment = async (
  options: { readonly folder: string; readonly logDescriptor: number; readonly signal: AbortSignal },
  prove: Prove,
): Promise<Supervisor> => {
  const supervisor = await startSupervisor({
    dataFolder: options.folder,
    regions: Object.values(demoRegions),
    host: '127.0.0.1',
    port: 0,
    isTls: true,
    logLevel: 'warn',
    logDescriptor: options.logDescriptor,
    // One is killed on purpose and must stay dead until the story says otherwise.
    isRestarted: false,
    say: () => undefined,
    signal: options.signal,
  })
  const { endpoints } = supervisor
  // Verifiers insist on HTTPS: this process trusts the development authority that was just made, beside the usual ones.
  if (endpoints.authorityFile !== undefined)
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(endpoints.authorityFile, 'utf8')])
  for (const [region, origin] of Object.entries(endpoints.regions))
    prove(`${region} at ${origin}, process ${supervisor.pid(region)}`)
  prove(`the router at ${endpoints.router}`)
  return supervisor
}

export const demo = defineCommand({
  meta: { name: 'demo', description: 'Two Regions, one pool: one Region dies, users still sign in' },
  args: {},
  run: async (context) => {
    readOptions(z.object({}), context, {})
    const folder = mkdtempSync(join(tmpdir(), 'twinpool-demo-'))
    const logFile = join(folder, 'regions.log')
    const logDescriptor = openSync(logFile, 'a', 0o600)
    const stopping = stopRequest()
    const stopped = new Promise<never>((_, reject) =>
      stopping.addEventListener('abort', () => reject(new CliFailure('stopped.'))),
    )
    // Once it is being stopped, that a step fails is no news.
    const write = (text: string): void => {
      if (!stopping.aborted) process.stdout.write(text)
    }
    const narrator = createNarrator(write, () => performance.now())
    let supervisor: Supervisor | undefined
    const story = tellStory(narrator, async (prove) => {
      supervisor = await startDeployment({ folder, logDescriptor, signal: stopping }, prove)
      return supervisor
    })
    try {
      await Promise.race([story, stopped])
    } catch (error) {
      if (stopping.aborted) {
        // What was under way fails when its Regions go: only the end of it is of interest.
        await Promise.all([supervisor?.stop(), story.catch(() => undefined)])
        throw new CliFailure('stopped; nothing is left behind.')
      }
      const log = lastLines(logFile)
      if (log !== '') console.error(`The end of the Regions’ log:\n${log}`)
      throw new CliFailure('not every step held.', 'failed', { cause: error })
    } finally {
      await supervisor?.stop()
      closeSync(logDescriptor)
      rmSync(folder, { recursive: true, force: true })
    }
  },
})
