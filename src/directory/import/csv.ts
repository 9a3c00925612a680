// Comma-separated values (RFC 4180), with the backslash before a comma that Cognito's import files may have.

/** Throws RangeError for a quote that is never closed or stands in the middle of a field. */
export const parseCsvLine = (line: string): readonly string[] => {
  const fields: string[] = []
  let at = 0
  for (;;) {
    let field = ''
    if (line[at] === '"') {
      at += 1
      for (;;) {
        const end = line.indexOf('"', at)
        if (end === -1) throw new RangeError('a quoted field has no end')
        field += line.slice(at, end)
        at = end + 1
        if (line[at] !== '"') break
        field += '"'
        at += 1
      }
      if (at < line.length && line[at] !== ',') throw new RangeError('there is text after a quoted field')
    } else
      for (; at < line.length && line[at] !== ','; at += 1) {
        if (line[at] === '"') throw new RangeError('there is a quote in the middle of a field')
        if (line[at] === '\\' && line[at + 1] === ',') at += 1
        field += line[at] ?? ''
      }
    fields.push(field)
    if (at >= line.length) return fields
    at += 1
  }
}

/** Where the last whole line of the text ends; a line feed inside quotes ends none. 0 when there is no whole line. */
export const endOfLines = (text: string): number => {
  let isQuoted = false
  let end = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') isQuoted = !isQuoted
    else if (text[at] === '\n' && !isQuoted) end = at + 1
  }
  return end
}

/** The lines of a text without their ends; empty ones are left out. */
export const linesOf = (text: string): readonly string[] => {
  const lines: string[] = []
  let isQuoted = false
  let from = 0
  const take = (to: number): void => {
    const line = text.slice(from, to).replace(/\r$/, '')
    if (line.trim() !== '') lines.push(line)
    from = to + 1
  }
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') isQuoted = !isQuoted
    else if (text[at] === '\n' && !isQuoted) take(at)
  }
  take(text.length)
  return lines
}
