// Lambda functions from a folder, for development: `<function name>.mjs`, `.js` or `.ts`, loaded anew when the file has changed.
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Clock, Random } from '../../telemetry/clock.ts'
import {
  type FunctionProcess,
  type InvocationContext,
  memoryMegabytesMax,
  startFunctionProcess,
} from './function-process.ts'
import { type FunctionRunner, FunctionUnreachable, functionNameOf } from './function-runner.ts'

export type FunctionsFolderOptions = {
  readonly folder: string
  readonly region: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: Random
  /** How long one call may take. */
  readonly timeLimitMs: number
}

const extensions = ['.mjs', '.js', '.ts'] as const
/** So many functions have a thread at a time; the one that was called longest ago makes room. */
const processesMax = 32

type FunctionFile = { readonly path: string; readonly version: string }

const fileOf = async (folder: string, name: string): Promise<FunctionFile | undefined> => {
  for (const extension of extensions) {
    const path = join(folder, `${name}${extension}`)
    try {
      const { mtimeMs, size } = await stat(path)
      return { path, version: `${path} ${mtimeMs} ${size}` }
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'ENOENT') throw error
    }
  }
  return undefined
}

/** The environment without what Twinpool itself is started with: its secrets are no business of a function. */
const environmentFor = (
  { environment, region }: FunctionsFolderOptions,
  name: string,
): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    Object.entries(environment).flatMap(([key, value]) =>
      value === undefined || key.startsWith('TWINPOOL_') ? [] : [[key, value]],
    ),
  ),
  AWS_REGION: region,
  AWS_LAMBDA_FUNCTION_NAME: name,
})

export const createFunctionsFolder = (options: FunctionsFolderOptions): FunctionRunner => {
  const folder = resolve(options.folder)
  const processes = new Map<string, { readonly version: string; readonly process: FunctionProcess }>()

  const makeRoom = (): void => {
    const [oldest] = processes
    if (processes.size < processesMax || oldest === undefined) return
    processes.delete(oldest[0])
    oldest[1].process.retire()
  }

  /** The process that runs the file as it is now. */
  const processFor = (name: string, { path, version }: FunctionFile): FunctionProcess => {
    const known = processes.get(name)
    processes.delete(name)
    if (known !== undefined && known.version === version && !known.process.isEnded()) {
      // Set again, so that the map is in the order of use.
      processes.set(name, known)
      return known.process
    }
    known?.process.retire()
    makeRoom()
    const process = startFunctionProcess(path, environmentFor(options, name))
    processes.set(name, { version, process })
    return process
  }

  return {
    has: async (functionArn) => (await fileOf(folder, functionNameOf(functionArn).name)) !== undefined,
    run: async (functionArn, payload, signal) => {
      const { name, qualifier } = functionNameOf(functionArn)
      const file = await fileOf(folder, name)
      if (file === undefined)
        throw new FunctionUnreachable('ResourceNotFoundException', { isRetryable: false })
      const process = processFor(name, file)
      const context: InvocationContext = {
        awsRequestId: options.random.bytes(16).toString('hex'),
        functionName: name,
        functionVersion: qualifier ?? '$LATEST',
        invokedFunctionArn: functionArn,
        memoryLimitInMB: String(memoryMegabytesMax),
        deadlineMs: options.clock.now() + options.timeLimitMs,
      }
      try {
        return await process.call(payload, context, signal)
      } catch (error) {
        // It may be in an endless loop: whoever calls next gets another thread.
        if (processes.get(name)?.process === process) processes.delete(name)
        process.retire()
        throw error
      }
    },
    close: async () => {
      const running = [...processes.values()]
      processes.clear()
      await Promise.all(running.map(({ process }) => process.end()))
    },
  }
}
