// Identity policies: what allows, what denies, what is silent.
import { describe, expect, test } from 'vitest'
import { conditionHolds } from '../../src/iam/conditions.ts'
import { decideBy, identityPolicy } from '../../src/iam/identity-policy.ts'

const pool = 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Ab12Cd34E'
const decide = (
  Statement: unknown,
  request: { action?: string; resource?: string; sourceIp?: string } = {},
) =>
  decideBy([identityPolicy.parse({ Version: '2012-10-17', Statement })])({
    action: request.action ?? 'cognito-idp:AdminGetUser',
    resource: request.resource ?? pool,
    context: new Map([['aws:sourceip', [request.sourceIp ?? '10.1.2.3']]]),
  })

describe('a policy', () => {
  test.each([
    ['the action by name', 'cognito-idp:AdminGetUser', '*', 'Allow'],
    ['a wildcard of actions', 'cognito-idp:Admin*', '*', 'Allow'],
    ['actions in another case', 'COGNITO-IDP:admingetuser', '*', 'Allow'],
    ['the pool by ARN', '*', pool, 'Allow'],
    ['pools of every Region', '*', 'arn:aws:cognito-idp:*:000000000000:userpool/*', 'Allow'],
    ['another action', 'cognito-idp:ListUsers', '*', undefined],
    ['another pool', '*', `${pool}X`, undefined],
    ['a pool whose name has another case', '*', pool.toLowerCase(), undefined],
    ['another service', 'kms:*', '*', undefined],
  ])('with %s says so', (_, Action, Resource, expected) => {
    expect(decide({ Effect: 'Allow', Action, Resource })).toBe(expected)
  })

  test('denies whatever else it allows', () => {
    const both = [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'cognito-idp:AdminDelete*', Resource: '*' },
    ]
    expect(decide(both)).toBe('Allow')
    expect(decide(both, { action: 'cognito-idp:AdminDeleteUser' })).toBe('Deny')
  })

  test('takes NotAction and NotResource as everything else', () => {
    const others = { Effect: 'Allow', NotAction: 'cognito-idp:Delete*', NotResource: `${pool}X` }
    expect(decide(others)).toBe('Allow')
    expect(decide(others, { action: 'cognito-idp:DeleteUserPool' })).toBeUndefined()
    expect(decide(others, { resource: `${pool}X` })).toBeUndefined()
  })

  describe('with variables', () => {
    const ofUser = (Resource: string, username: string, Version = '2012-10-17', condition = {}) =>
      decideBy([
        identityPolicy.parse({
          Version,
          Statement: { Effect: 'Allow', Action: '*', Resource, Condition: condition },
        }),
      ])({ action: 'a:b', resource: 'arn:aws:a:::of/ana', context: new Map([['aws:username', [username]]]) })

    test.each([
      ['is of whom the request names', 'arn:aws:a:::of/${aws:username}', 'ana', 'Allow'],
      ['is of nobody else', 'arn:aws:a:::of/${aws:username}', 'bea', undefined],
      ['takes no wildcard from a name', 'arn:aws:a:::of/${aws:username}', '*', undefined],
      ['is of nothing when the request has no such value', 'arn:aws:a:::of/${aws:none}*', 'ana', undefined],
      ['takes a default', "arn:aws:a:::of/${aws:none, 'ana'}", 'bea', 'Allow'],
      ['can mean a sign itself', 'arn:aws:a:::of/${*}', 'ana', undefined],
    ])('%s', (_, resource, username, expected) => {
      expect(ofUser(resource, username)).toBe(expected)
    })

    test('has them in conditions on texts, and in documents of 2012 only', () => {
      const own = { StringEquals: { 'aws:username': '${aws:username}' } }
      expect(ofUser('*', 'a*a', '2012-10-17', own)).toBe('Allow')
      expect(ofUser('*', 'ana', '2008-10-17', own)).toBeUndefined()
      expect(ofUser('arn:aws:a:::of/${aws:username}', 'ana', '2008-10-17')).toBeUndefined()
    })
  })

  test('holds only where its conditions do', () => {
    const inside = {
      Effect: 'Allow',
      Action: '*',
      Resource: '*',
      Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', 'fd00::/8'] } },
    }
    expect(decide(inside)).toBe('Allow')
    expect(decide(inside, { sourceIp: 'fd00::1' })).toBe('Allow')
    expect(decide(inside, { sourceIp: '192.0.2.1' })).toBeUndefined()
  })

  test.each([
    ['no statement', { Version: '2012-10-17', Statement: [] }],
    ['a principal', { Statement: { Effect: 'Allow', Action: '*', Resource: '*', Principal: '*' } }],
    ['no resource', { Statement: { Effect: 'Allow', Action: '*' } }],
    ['an unknown effect', { Statement: { Effect: 'Perhaps', Action: '*', Resource: '*' } }],
    [
      'an unknown operator',
      { Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition: { Feels: { a: 'b' } } } },
    ],
  ])('with %s is no policy', (_, document) => {
    expect(identityPolicy.safeParse(document).success).toBe(false)
  })
})

describe('condition operators', () => {
  test.each([
    ['NumericLessThan', '5', '10', true],
    ['NumericLessThan', '15', '10', false],
    ['NumericEquals', 'five', '5', false],
    ['NumericGreaterThanEquals', '10', '10', true],
    ['DateGreaterThan', '2026-11-23T00:00:00Z', '2026-01-01T00:00:00Z', true],
    ['DateLessThan', '2026-11-23T00:00:00Z', '2026-01-01T00:00:00Z', false],
    ['DateEquals', '1700000000', '2023-11-14T22:13:20Z', true],
    ['IpAddress', '192.0.2.7', '192.0.2.0/29', true],
    ['IpAddress', '192.0.2.8', '192.0.2.0/29', false],
    ['IpAddress', '192.0.2.8', '192.0.2.8', true],
    ['IpAddress', '192.0.2.8', 'nonsense/99', false],
    ['NotIpAddress', '192.0.2.8', '192.0.2.0/29', true],
  ])('%s of %s and %s is %s', (operator, actual, wanted, expected) => {
    expect(conditionHolds(operator, 'k', [wanted], new Map([['k', [actual]]]))).toBe(expected)
  })

  test.each([
    ['IpAddress', '192.0.2.0/33'],
    ['NotIpAddress', '192.0.2.0/29/8'],
    ['NotIpAddress', 'everywhere'],
    ['NumericLessThan', 'ten'],
    ['DateGreaterThan', 'tomorrow'],
    ['Bool', 'yes'],
    ['Null', 'perhaps'],
    ['ForAllValues:NumericEquals', ''],
  ])('%s with %j is no policy, so that a slip of the pen opens nothing', (operator, value) => {
    const of = (wanted: string) => ({
      Statement: {
        Effect: 'Allow',
        Action: '*',
        Resource: '*',
        Condition: { [operator]: { 'aws:k': wanted } },
      },
    })
    expect(identityPolicy.safeParse(of(value)).error?.issues[0]?.message).toContain(`${operator}: ${value}`)
  })

  test.each([
    ['StringEquals', false],
    ['StringNotEquals', true],
    ['StringEqualsIfExists', true],
    ['ForAllValues:StringEquals', true],
    ['ForAnyValue:StringEquals', false],
    ['ForAnyValue:StringNotEquals', false],
  ])('%s of a key that the request has not is %s', (operator, expected) => {
    expect(conditionHolds(operator, 'k', ['v'], new Map())).toBe(expected)
  })
})
