// What runs a Lambda function, wherever it is: over the Invoke API or from a folder.

/** What a function came to: the JSON text that it returned, or the message of the error that it ended with. */
export type FunctionOutcome =
  | { readonly kind: 'returned'; readonly payload: string }
  | { readonly kind: 'failed'; readonly message: string }

export type FunctionRunner = {
  /** Whether this runner knows where the function is. */
  has(functionArn: string): Promise<boolean>
  /**
   * Runs the function once with this JSON text. Rejects with FunctionUnreachable when it could not be run, and with the signal's reason
   * when that comes first.
   */
  run(functionArn: string, payload: string, signal: AbortSignal): Promise<FunctionOutcome>
  close(): Promise<void>
}

/** A function could not be run; `code` is the name of AWS's error, or of the system's. */
export class FunctionUnreachable extends Error {
  readonly code: string
  readonly isRetryable: boolean

  constructor(code: string, options: { readonly isRetryable: boolean; readonly cause?: unknown }) {
    super(
      `a Lambda function could not be run: ${code}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'FunctionUnreachable'
    this.code = code
    this.isRetryable = options.isRetryable
  }
}

/** Lambda's own limit of a synchronous call's request and response (Lambda quotas, "Invocation payload"). */
export const payloadBytesMax = 6 * 1_024 * 1_024

/** The parts of `arn:aws:lambda:<region>:<account>:function:<name>[:<version or alias>]`. */
export type FunctionName = {
  readonly region: string
  readonly name: string
  readonly qualifier: string | undefined
}

const arnPattern =
  /^arn:[\w-]+:lambda:(?<region>[a-z0-9-]+):\d{12}:function:(?<name>[A-Za-z0-9_-]{1,140})(?::(?<qualifier>\$LATEST|[A-Za-z0-9_-]{1,128}))?$/

/** Throws FunctionUnreachable for what is no function's ARN. */
export const functionNameOf = (functionArn: string): FunctionName => {
  const { region, name, qualifier } = arnPattern.exec(functionArn)?.groups ?? {}
  if (region === undefined || name === undefined)
    throw new FunctionUnreachable('InvalidParameterValueException', { isRetryable: false })
  return { region, name, qualifier }
}
