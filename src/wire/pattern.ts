// Patterns of API models as tests of texts that take time in proportion to the text.

const printable = '\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}'
const isText = new RegExp(`^[${printable}\\s*]*$`, 'u')
const isPrintable = new RegExp(`^[${printable}]*$`, 'u')

/**
 * Models' patterns whose parts overlap, so that a regular expression tries every pair of places, and what they mean: some characters only, and
 * a sign, or one after the other, somewhere in them.
 */
const meanings: Readonly<Record<string, (text: string) => boolean>> = {
  [`[${printable}]+@[${printable}]+`]: (text) => isPrintable.test(text) && text.slice(1, -1).includes('@'),
  [`[${printable}\\s*]*\\{####\\}[${printable}\\s*]*`]: (text) =>
    isText.test(text) && text.includes('{####}'),
  [`[${printable}\\s*]*\\{##[${printable}\\s*]*##\\}[${printable}\\s*]*`]: (text) => {
    const start = text.indexOf('{##')
    return start >= 0 && text.indexOf('##}', start + 3) >= 0 && isText.test(text)
  },
}

/** `[\w-]+_x`, `[A-Za-z0-9-_=.]`: legal for Java, refused under the u flag: a dash next to a class or range is meant literally. */
const asUnicodePattern = (pattern: string): RegExp => {
  const source = pattern.replace(/^\(\?s\)\.\*$/, '[\\s\\S]*')
  const candidates = [
    source,
    source.replace(/(\\[wsdWSD])-/g, '$1\\-'),
    source.replace(/([A-Za-z0-9]-[A-Za-z0-9])-/g, '$1\\-'),
  ]
  for (const candidate of candidates) {
    try {
      return new RegExp(`^(?:${candidate})$`, 'u')
    } catch {
      // The next candidate escapes more.
    }
  }
  return new RegExp(`^(?:${source})$`)
}

/** Whether a text as a whole is of a model's pattern. */
export const patternTest = (pattern: string): ((text: string) => boolean) => {
  const expression = asUnicodePattern(pattern)
  return meanings[pattern] ?? ((text) => expression.test(text))
}
