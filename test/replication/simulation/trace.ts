// What happened in a run, in order: a hash by which two runs are compared, and the last lines for whoever looks into a failure.
import { createHash } from 'node:crypto'

export type Trace = {
  add(line: string): void
  /** How often a line of this kind (its first word) was added. */
  counts(): ReadonlyMap<string, number>
  last(): readonly string[]
  /** Of everything that was added. */
  hash(): string
}

const keptMax = 60

export const createTrace = (now: () => number, say?: (line: string) => void): Trace => {
  const hash = createHash('sha256')
  const counts = new Map<string, number>()
  const startMs = now()
  let kept: string[] = []
  return {
    add: (text) => {
      const line = `${now() - startMs} ${text}`
      hash.update(`${line}\n`)
      const kind = text.slice(0, text.indexOf(' ') + 1 || undefined).trimEnd()
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
      kept.push(line)
      if (kept.length > 2 * keptMax) kept = kept.slice(-keptMax)
      say?.(line)
    },
    counts: () => counts,
    last: () => kept.slice(-keptMax),
    hash: () => hash.copy().digest('hex'),
  }
}
