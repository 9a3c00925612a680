// A process that opens the store in the folder it is given, says how that went, and stays until it is killed.
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: open-store.ts <folder>')
try {
  await openSqliteStore({ folder, clock: systemClock })
  console.log('open')
} catch (error) {
  console.log(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
}
setInterval(() => undefined, 1_000_000)
