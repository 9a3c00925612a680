// Wildcards of IAM policies ("IAM JSON policy elements: Resource", IAM User Guide).

/** What stands in a pattern for a sign that is meant as it is: a value may have signs that a pattern takes for wildcards. */
export const literalSigns: Readonly<Record<string, string>> = { '*': '\uE000', '?': '\uE001' }
const signOf: Readonly<Record<string, string>> = { '\uE000': '*', '\uE001': '?' }

/** The text that a pattern without wildcards is. */
export const plainText = (pattern: string): string =>
  pattern.replace(/[\uE000\uE001]/g, (sign) => signOf[sign] ?? sign)

/** `*` and `?` as in IAM; everything else is literal. */
export const matchesWildcard = (pattern: string, text: string): boolean => {
  // Linear-time matching with one point to go back to, so that no pattern is slow.
  let patternIndex = 0
  let textIndex = 0
  let starIndex = -1
  let resumeIndex = 0
  while (textIndex < text.length) {
    const sign = pattern[patternIndex]
    if (sign === '*') {
      starIndex = patternIndex++
      resumeIndex = textIndex
    } else if (sign === '?' || (sign !== undefined && (signOf[sign] ?? sign) === text[textIndex])) {
      patternIndex++
      textIndex++
    } else if (starIndex >= 0) {
      patternIndex = starIndex + 1
      textIndex = ++resumeIndex
    } else return false
  }
  while (pattern[patternIndex] === '*') patternIndex++
  return patternIndex === pattern.length
}
