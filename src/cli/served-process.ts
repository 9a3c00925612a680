// The life of a Region's or the router's process: start, say that it is ready, stop when asked or when its supervisor is gone.
import { z } from 'zod'
import { CliFailure } from './cli-failure.ts'

/** What a served process tells its supervisor over IPC. */
export const processMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), origin: z.string(), port: z.number() }),
  z.object({ type: z.literal('failed'), message: z.string() }),
])

export type ProcessMessage = z.infer<typeof processMessage>

type Serving = { readonly origin: string; readonly port: number; close(): Promise<void> }

const tell = (message: ProcessMessage): Promise<void> =>
  new Promise((resolve) => {
    // Without a supervisor the same line goes to standard output, for whoever started it.
    if (process.send === undefined) process.stdout.write(`${JSON.stringify(message)}\n`, () => resolve())
    // A supervisor that is gone by now is noticed by the disconnect, not by this.
    else process.send(message, () => resolve())
  })

/** Serves until SIGTERM, SIGINT or the supervisor's end; then closes. Throws CliFailure when it can't start. */
export const serveUntilStopped = async (start: () => Promise<Serving>): Promise<void> => {
  const stopped = new Promise<void>((resolve) => {
    // Not `once`: a second Ctrl-C, or a supervisor that asks again, must not end it in the middle of closing.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve())
    process.once('disconnect', () => resolve())
  })
  let serving: Serving
  try {
    serving = await start()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    await tell({ type: 'failed', message })
    throw error instanceof CliFailure ? error : new CliFailure(message, 'failed', { cause: error })
  }
  await tell({ type: 'ready', origin: serving.origin, port: serving.port })
  await stopped
  await serving.close()
}
