// A logger that writes nothing.
import { pino } from 'pino'

export const silentLog = pino({ level: 'silent' })
