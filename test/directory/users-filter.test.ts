// The filter grammar of ListUsers, as a rule without a store.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { searchableAttributes, type User, userTerms } from '../../src/directory/records/user.ts'
import { parseUserFilter, passesFilter, searchesOf } from '../../src/directory/user-filter.ts'
import { fault } from '../support/directory.ts'

const user: User = {
  username: 'Alice',
  usernameKey: 'alice',
  sub: '6f2b8d9a-0000-4000-8000-000000000001',
  attributes: {
    sub: '6f2b8d9a-0000-4000-8000-000000000001',
    email: 'Alice@Example.com',
    given_name: 'Al "the Ace" \\ x',
  },
  status: 'FORCE_CHANGE_PASSWORD',
  isEnabled: true,
  createdAtMs: 1,
  modifiedAtMs: 1,
  aliases: [],
}

describe('the filter of ListUsers', () => {
  it.each([
    ['email = "a@b.c"', { attribute: 'email', match: 'exact', value: 'a@b.c' }],
    ['email="a@b.c"', { attribute: 'email', match: 'exact', value: 'a@b.c' }],
    ['  given_name  ^=  "Jo"  ', { attribute: 'given_name', match: 'prefix', value: 'Jo' }],
    ['"username" = "x"', { attribute: 'username', match: 'exact', value: 'x' }],
    [
      'cognito:user_status = "CONFIRMED"',
      { attribute: 'cognito:user_status', match: 'exact', value: 'CONFIRMED' },
    ],
    ['name = "a \\"b\\" \\\\"', { attribute: 'name', match: 'exact', value: 'a "b" \\' }],
    ['name ^= ""', { attribute: 'name', match: 'prefix', value: '' }],
  ])('%s is understood', (filter, expected) => {
    expect(parseUserFilter(filter)).toEqual(expected)
  })

  it.each(['', '   ', undefined])('an empty filter (%j) asks for every user', (filter) => {
    expect(parseUserFilter(filter)).toBeUndefined()
  })

  it.each([
    'email',
    'email = a',
    'email = "a',
    'email = "a" "b"',
    'email == "a"',
    'email *= "a"',
    '= "a"',
    'email = "a" and name = "b"',
    'email = "a"b"',
  ])('%s is refused as no filter', (filter) => {
    expect(() => parseUserFilter(filter)).toThrow(
      expect.objectContaining(fault('InvalidParameterException', 'Error while parsing filter.')),
    )
  })

  it.each(['custom:tier', 'birthdate', 'nickname'])('%s is refused as not searchable', (attribute) => {
    expect(() => parseUserFilter(`${attribute} = "a"`)).toThrow(
      expect.objectContaining(fault('InvalidParameterException', `Invalid search attribute: ${attribute}`)),
    )
  })

  it('any value survives quoting', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const quoted = value.replaceAll(/["\\]/g, '\\$&')
        expect(parseUserFilter(`name = "${quoted}"`)).toEqual({ attribute: 'name', match: 'exact', value })
      }),
    )
  })

  it('whoever passes a filter is found by one of its searches', () => {
    const attributes = ['username', 'sub', 'cognito:user_status', 'status', ...searchableAttributes]
    fc.assert(
      fc.property(
        fc.constantFrom(...attributes),
        fc.constantFrom('exact' as const, 'prefix' as const),
        fc.oneof(
          fc.constantFrom('alice', 'Al', 'ALICE@example', 'force', 'Enabled', 'e', 'd', '6f2b', 'C'),
          fc.string(),
        ),
        fc.boolean(),
        (attribute, match, value, caseSensitive) => {
          const filter = { attribute, match, value }
          const isFound = searchesOf(filter).some((search) =>
            userTerms(user).some(
              (term) =>
                term.name === search.name &&
                (search.match === 'exact'
                  ? term.value === search.value
                  : term.value.startsWith(search.value)),
            ),
          )
          if (passesFilter(user, filter, caseSensitive)) expect(isFound).toBe(true)
          else if (!caseSensitive && attribute !== 'status') expect(isFound).toBe(false)
        },
      ),
    )
  })

  it('an enumeration is searched value by value', () => {
    const names = (value: string) =>
      searchesOf({ attribute: 'cognito:user_status', match: 'prefix', value }).map((search) => search.value)
    expect(names('UN')).toEqual(['unconfirmed', 'unknown'])
    expect(names('x')).toEqual([])
  })

  it.each([
    ['status', 'Enabled', true],
    ['status', 'enabled', false],
    ['cognito:user_status', 'force_change_password', true],
  ])('%s is %j: %s', (attribute, value, passes) => {
    expect(passesFilter(user, { attribute, match: 'exact', value }, false)).toBe(passes)
  })

  it('case counts for user names in a pool where it counts', () => {
    const filter = { attribute: 'username', match: 'exact', value: 'alice' } as const
    expect(passesFilter(user, filter, true)).toBe(false)
    expect(passesFilter(user, filter, false)).toBe(true)
    expect(passesFilter(user, { ...filter, attribute: 'email', value: 'ALICE@example.com' }, true)).toBe(true)
  })
})
