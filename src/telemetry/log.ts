// The log: JSON lines on standard error. Members that could hold a secret are removed even if somebody logs them by mistake.
import { destination, type Logger as PinoLogger, pino, stdSerializers } from 'pino'

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>

const secretMembers = [
  'password',
  'secret',
  'token',
  'code',
  'authorization',
  'Password',
  'SecretHash',
  'AccessToken',
  'Session',
]

/** Errors that tell of the world and not of a mistake of ours: their message says it all, and a stack would hide it. */
const withoutStack: ReadonlySet<string> = new Set(['PeerFailure', 'Fault'])

const errorForLog = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  if (!withoutStack.has(error.name)) return stdSerializers.err(error)
  return {
    type: error.name,
    message: error.message,
    ...(error.cause instanceof Error ? { cause: error.cause.message } : {}),
  }
}

/** `level` `silent` logs nothing. Errors are logged with their cause, and where one may be ours with its stack. */
export const createLogger = (options: { readonly level: string; readonly region?: string }): Logger =>
  pino(
    {
      level: options.level,
      base: options.region === undefined ? {} : { region: options.region },
      serializers: { err: errorForLog },
      redact: { paths: secretMembers.flatMap((name) => [name, `*.${name}`]), remove: true },
    },
    destination({ fd: 2, sync: true }),
  )
