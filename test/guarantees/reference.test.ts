// The reference pages say what the code does: they are what `npm run docs` writes.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { referencePages } from '../../src/region/reference-pages.ts'
import {
  replicationOperationNames,
  replicationOperations,
} from '../../src/replication/operations/replication-operations.ts'

test.each(Object.entries(referencePages()))('docs/reference/%s is up to date', (name, text) => {
  expect(
    readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8'),
    'run npm run docs',
  ).toBe(text)
})

test('the named replication operations are those that are declared', () => {
  expect(replicationOperations(undefined as never).map(({ name }) => name)).toEqual([
    ...replicationOperationNames,
  ])
})
