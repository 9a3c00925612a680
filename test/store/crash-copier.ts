// A process that copies into a store and kills itself while the page of that number is under way, or else the last one.
import { writeSync } from 'node:fs'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { copiedRecords, copyInto } from './copied-records.ts'

const [folder = '', count = '', termsEach = '', pageRecords = '', killAtPage = '', killAfterMs = ''] =
  process.argv.slice(2)
const records = copiedRecords(Number(count), Number(termsEach))
const store = await openSqliteStore({ folder, clock: systemClock })
let pages = 0
const die = (): boolean => process.kill(process.pid, 'SIGKILL')
await copyInto(store, records, Number(pageRecords), (isLast) => {
  pages += 1
  if (pages !== Number(killAtPage) && !isLast) return
  if (killAfterMs === '0') die()
  else setTimeout(die, Number(killAfterMs)).unref()
})
await store.close()
writeSync(1, 'done\n')
