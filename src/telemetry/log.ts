// The log: JSON lines on standard error. Members that could hold a secret are removed even if somebody logs them by mistake.
import { destination, type Logger as PinoLogger, pino } from 'pino'

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

/** `level` `silent` logs nothing. Errors are logged with their stack and cause. */
export const createLogger = (options: { readonly level: string; readonly region?: string }): Logger =>
  pino(
    {
      level: options.level,
      base: options.region === undefined ? {} : { region: options.region },
      redact: { paths: secretMembers.flatMap((name) => [name, `*.${name}`]), remove: true },
    },
    destination({ fd: 2, sync: true }),
  )
