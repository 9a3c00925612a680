// TIMESTAMP of an answer by SRP: what the client signed, read as a time and written again as Amazon Cognito writes it.
import { Fault } from '../wire/fault.ts'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const pattern = new RegExp(
  `^(?:${days.join('|')}) (${months.join('|')}) (\\d{1,2}) (\\d{1,2}):(\\d{1,2}):(\\d{1,2}) [A-Z]{3,4} (\\d{4})$`,
)

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/**
 * The same time in the one form whose signature is right: UTC, the right day of the week, no zero before the day. Clients that write it
 * otherwise sign something else, and fail as at Amazon. Throws InvalidParameterException for what isn't of the form at all.
 */
export const canonicalTimestamp = (given: string): string => {
  const [, month = '', ...rest] = pattern.exec(given) ?? []
  const [day, hour, minute, second, year] = rest.map(Number)
  const time = new Date(Date.UTC(year ?? Number.NaN, months.indexOf(month), day, hour, minute, second))
  if (Number.isNaN(time.getTime()))
    throw new Fault(
      'InvalidParameterException',
      'TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.',
    )
  const clock = [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map(twoDigits).join(':')
  const date = `${days[time.getUTCDay()]} ${months[time.getUTCMonth()]} ${time.getUTCDate()}`
  return `${date} ${clock} UTC ${time.getUTCFullYear()}`
}
