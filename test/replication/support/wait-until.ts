// Waiting on a condition, with a time after which the test fails and says what it waited for.
import { setTimeout as sleep } from 'node:timers/promises'

export const waitUntil = async (
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> => {
  const untilMs = Date.now() + timeoutMs
  while (!(await isTrue())) {
    if (Date.now() > untilMs) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`)
    await sleep(5)
  }
}
