// A folder of Lambda functions for tests, each a file of its own.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type FunctionsFolder = {
  readonly path: string
  /** Writes `<name>.mjs` (or the extension in the name) with this source. */
  write(name: string, source: string): void
  remove(): void
}

export const makeFunctionsFolder = (): FunctionsFolder => {
  const path = mkdtempSync(join(tmpdir(), 'twinpool-functions-'))
  let writtenCount = 0
  return {
    path,
    write: (name, source) => {
      const file = join(path, /\.(js|mjs|ts)$/.test(name) ? name : `${name}.mjs`)
      writeFileSync(file, source)
      // Two writes within a tick of the file system's clock are told apart all the same.
      writtenCount += 1
      const at = new Date(Date.now() + writtenCount * 1_000)
      utimesSync(file, at, at)
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
