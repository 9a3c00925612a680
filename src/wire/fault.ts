// The one error type that leaves the service: an AWS error name, a public message, and a private cause that never leaves.

/**
 * `code` is the AWS exception name (`ResourceNotFoundException`); `message` is shown to the caller and so never holds a secret,
 * a password, a token or another user's data; `cause` goes to the log only. HTTP status is 400 unless said otherwise.
 */
export class Fault extends Error {
  readonly code: string
  readonly status: number
  /** More members of the error's body, e.g. `reasonCode`. */
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(
    code: string,
    message: string,
    options: { status?: number; cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.status = options.status ?? 400
    this.details = options.details
  }
}

export const isFault = (error: unknown): error is Fault => error instanceof Fault
