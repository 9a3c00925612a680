// A process that commits to a store as fast as it can and says each acknowledgement, until it is killed.
import { writeSync } from 'node:fs'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { crashCommit, crashKey, writersCount } from './crash-commit.ts'

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: crash-writer.ts <folder>')
const store = await openSqliteStore({ folder, clock: systemClock })

const write = async (writer: number): Promise<void> => {
  for (let n = ((await store.get(crashKey(writer, 0)))?.version ?? 0) + 1; ; n += 1) {
    const { position } = await store.commit(crashCommit(writer, n))
    // Straight to the descriptor: what was said has left this process, however it ends.
    writeSync(1, `${writer} ${n} ${position}\n`)
  }
}
await Promise.all(Array.from({ length: writersCount }, (_, writer) => write(writer)))
