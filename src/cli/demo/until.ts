// Waits for something that happens by itself, within a limit.
import { setTimeout as pause } from 'node:timers/promises'
import { CliFailure } from '../cli-failure.ts'

const intervalMs = 40

/** Resolves with the first answer that isn't undefined. Rejects with CliFailure naming `what` when there is none in time. */
export const until = async <Found>(
  what: string,
  look: () => Promise<Found | undefined>,
  limitMs = 15_000,
): Promise<Found> => {
  const endMs = performance.now() + limitMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > endMs) throw new CliFailure(`${what}: not within ${limitMs / 1_000} s.`)
    await pause(intervalMs)
  }
}

/** Throws CliFailure unless it holds. */
export const expectThat = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new CliFailure(otherwise)
}

/** The name of the error with which the call fails. Rejects with CliFailure when it succeeds. */
export const failureOf = async (what: string, call: Promise<unknown>): Promise<string> => {
  try {
    await call
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
  throw new CliFailure(`${what} was accepted.`)
}
