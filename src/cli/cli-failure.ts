// A failure that the person at the terminal can do something about: one clear line, and an exit code.

export const exitCodes = { failed: 1, wrongUse: 2 } as const

export class CliFailure extends Error {
  readonly exitCode: number

  constructor(message: string, reason: keyof typeof exitCodes = 'failed', options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'CliFailure'
    this.exitCode = exitCodes[reason]
  }
}
