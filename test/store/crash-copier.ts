// A process that copies into a store until it is done or killed, and says when it has begun.
import { writeSync } from 'node:fs'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { copiedRecords, copyInto } from './copied-records.ts'

const [folder = '', count = '', termsEach = '', pageRecords = ''] = process.argv.slice(2)
const records = copiedRecords(Number(count), Number(termsEach))
const store = await openSqliteStore({ folder, clock: systemClock })
writeSync(1, 'begun\n')
await copyInto(store, records, Number(pageRecords))
await store.close()
writeSync(1, 'done\n')
