// Patterns of models: the same answers as the regular expressions that they are, in time that a caller can't stretch.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patternTest } from '../../src/wire/pattern.ts'

const models = ['cognito-idp', 'kms', 'twinpool'].map(
  (name) =>
    JSON.parse(readFileSync(new URL(`../../models/${name}.json`, import.meta.url), 'utf8')) as {
      shapes: Record<string, { pattern?: string; max?: number }>
    },
)
const patterns = [
  ...new Set(models.flatMap(({ shapes }) => Object.values(shapes).flatMap(({ pattern }) => pattern ?? []))),
]
const overlapping = patterns.filter((pattern) => /\{##|\+@\[/.test(pattern))

test('what a pattern with overlapping parts means is what the regular expression says', () => {
  expect(overlapping.length).toBeGreaterThanOrEqual(3)
  const piece = fc.constantFrom('{##', '##}', '{####}', '@', 'a', ' ', '*', '\u0000', '{', '#', '}', 'é')
  for (const pattern of overlapping) {
    const isOf = patternTest(pattern)
    const expression = new RegExp(`^(?:${pattern})$`, 'u')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('')
        expect([text, isOf(text)]).toEqual([text, expression.test(text)])
      }),
      { numRuns: 500 },
    )
  }
})

test('every pattern comes to an end over the longest text of the parts that it repeats', () => {
  const hostile = [
    '{####}',
    '{##',
    '##}',
    '@',
    '_',
    '_a',
    '-',
    ':',
    'arn:',
    '/',
    '.',
    'a',
    '{',
    ' ',
    '\u0000',
  ]
  // Some eight thousand texts: a pattern that tried every pair of places would be at them for minutes.
  const answers = patterns
    .map(patternTest)
    .flatMap((isOf) =>
      hostile.flatMap((part) => ['\u0000', '!'].map((end) => isOf(part.repeat(20_000 / part.length) + end))),
    )
  expect(answers).toHaveLength(patterns.length * hostile.length * 2)
})
