// What the demo says on the terminal: chapters, what each proved, and the closing table.
import { stripVTControlCharacters, styleText } from 'node:util'
import type { SeenLag } from './lag-watch.ts'

export type Chapter = {
  readonly title: string
  /** What the table says was proven. */
  readonly proven: string
  readonly tookMs: number
  /** Of the replica, meanwhile; undefined while there is none. */
  readonly lag: SeenLag | undefined
}

type Style = Parameters<typeof styleText>[0]

const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout })

const seconds = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`)

export type Narrator = {
  open(): void
  chapter(number: number, title: string): void
  /** One fact that holds, with the time since the last. */
  fact(text: string): void
  failure(number: number, title: string, reason: string): void
  close(chapters: readonly Chapter[], tookMs: number): void
}

const widthOf = (text: string): number => stripVTControlCharacters(text).length

const tableOf = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const line = (left: string, middle: string, right: string): string =>
    paint('gray', `  ${left}${widths.map((width) => '─'.repeat(width + 2)).join(middle)}${right}`)
  const bar = paint('gray', '│')
  const [head = [], ...body] = rows.map((row) => {
    const cells = row.map((cell, column) => ` ${cell}${' '.repeat((widths[column] ?? 0) - widthOf(cell))} `)
    return `  ${bar}${cells.join(bar)}${bar}`
  })
  return [line('┌', '┬', '┐'), head, line('├', '┼', '┤'), ...body, line('└', '┴', '┘')].join('\n')
}

export const createNarrator = (write: (text: string) => void, now: () => number): Narrator => {
  let lastMs = now()
  const say = (text = ''): void => write(`${text}\n`)
  return {
    open: () => {
      say()
      say(`  ${paint('bold', 'Twinpool')}  two Regions, one user pool; one Region dies, users still sign in`)
    },
    chapter: (number, title) => {
      say()
      say(`  ${paint(['bold', 'cyan'], String(number))}  ${paint('bold', title)}`)
      lastMs = now()
    },
    fact: (text) => {
      const tookMs = now() - lastMs
      lastMs = now()
      say(`     ${paint('green', '✓')} ${text}  ${paint('gray', seconds(tookMs))}`)
    },
    failure: (number, title, reason) => {
      say()
      say(`  ${paint(['bold', 'red'], '✗')}  ${paint('bold', `Step ${number} did not hold: ${title}`)}`)
      say(`     ${reason}`)
      say()
    },
    close: (chapters, tookMs) => {
      const head = ['', 'step', 'proven', 'took', 'lag seen'].map((cell) => paint('bold', cell))
      const rows = chapters.map(({ title, proven, tookMs: chapterMs, lag }, index) => [
        String(index + 1),
        title,
        proven,
        seconds(chapterMs),
        lag === undefined ? '–' : `${seconds(lag.largestMs)} → ${seconds(lag.lastMs)}`,
      ])
      say()
      say(tableOf([head, ...rows]))
      say(
        `  ${paint('gray', 'Lag: the largest seen → at the end. It grows while there is no primary to follow.')}`,
      )
      say()
      say(`  ${paint(['bold', 'green'], 'Every step held')}, in ${seconds(tookMs)}.`)
      say(`  ${paint('gray', 'npm start brings the same deployment up for use.')}`)
      say()
    },
  }
}
