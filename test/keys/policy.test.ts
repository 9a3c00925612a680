// Key policies: which requests each documented policy lets through, and what is no policy.
import { describe, expect, test } from 'vitest'
import { conditionHolds } from '../../src/iam/conditions.ts'
import { matchesWildcard } from '../../src/iam/wildcards.ts'
import { isAllowed, type KeyRequest } from '../../src/keys/authorize.ts'
import { defaultPolicy, parseNewPolicy, parsePolicy } from '../../src/keys/policy.ts'
import type { Caller } from '../../src/wire/service.ts'

const account = '000000000000'
const keyArn = `arn:aws:kms:us-east-1:${account}:key/mrk-1`
const poolArn = `arn:aws:cognito-idp:us-east-1:${account}:userpool/us-east-1_Ab12Cd34E`
const owner: Caller = { kind: 'account', account, accessKeyId: 'A', arn: `arn:aws:iam::${account}:root` }
const serviceCaller = (principal: string, sourceArn = poolArn, sourceAccount = account): Caller => ({
  kind: 'service',
  account,
  accessKeyId: 'S',
  principal,
  sourceArn,
  sourceAccount,
})
const cognito = serviceCaller('cognito-idp.amazonaws.com')
const identityStore = serviceCaller('identitystore.amazonaws.com')
const poolContext = { 'aws:cognito-idp:userpool-arn': poolArn }
const allows = (policy: object, request: Partial<KeyRequest>): boolean =>
  isAllowed(parsePolicy(JSON.stringify(policy)), {
    caller: cognito,
    action: 'kms:Decrypt',
    keyArn,
    account,
    encryptionContext: poolContext,
    ...request,
  })

/** The policy that Amazon documents for a pool's key, with one member changed. */
const documented = (
  change: {
    readonly services?: string[]
    readonly sourceArn?: string | undefined
    readonly poolInContext?: string
  } = {},
) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Allow',
      Principal: { Service: change.services ?? ['cognito-idp.amazonaws.com', 'identitystore.amazonaws.com'] },
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKeyWithoutPlaintext'],
      Resource: '*',
      Condition: {
        StringEquals: { 'aws:SourceAccount': account },
        ...('sourceArn' in change && change.sourceArn === undefined
          ? {}
          : { ArnLike: { 'aws:SourceArn': change.sourceArn ?? poolArn } }),
        StringLike: { 'kms:EncryptionContext:aws:cognito-idp:userpool-arn': change.poolInContext ?? poolArn },
      },
    },
  ],
})

test('a deny of one value of the encryption context is not got around by a member whose name differs in case', () => {
  const denied = {
    Statement: [
      { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:*',
        Resource: '*',
        Condition: { StringEquals: { 'kms:EncryptionContext:purpose': 'secret' } },
      },
    ],
  }
  expect(allows(denied, { encryptionContext: { purpose: 'public' } })).toBe(true)
  expect(allows(denied, { encryptionContext: { purpose: 'secret', PURPOSE: 'public' } })).toBe(false)
  expect(allows(denied, { encryptionContext: { PURPOSE: 'public', purpose: 'secret' } })).toBe(false)
})

describe('the policy that Amazon documents for a pool’s key', () => {
  test.each([
    'kms:Encrypt',
    'kms:Decrypt',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'kms:GenerateDataKeyWithoutPlaintext',
  ])('lets both services %s', (action) => {
    expect(allows(documented(), { action })).toBe(true)
    expect(allows(documented(), { action, caller: identityStore })).toBe(true)
  })
  test.each(['kms:GenerateDataKey', 'kms:ScheduleKeyDeletion', 'kms:PutKeyPolicy', 'kms:DescribeKey'])(
    'lets no service %s',
    (action) => {
      expect(allows(documented(), { action })).toBe(false)
      expect(allows(documented(), { action, caller: owner })).toBe(true)
    },
  )
  test('lets nobody in for another pool, another account, another context or none', () => {
    expect(
      allows(documented(), {
        caller: serviceCaller(cognito.kind === 'service' ? cognito.principal : '', `${poolArn}X`),
      }),
    ).toBe(false)
    expect(
      allows(documented(), { caller: serviceCaller('cognito-idp.amazonaws.com', poolArn, '111111111111') }),
    ).toBe(false)
    expect(
      allows(documented(), { encryptionContext: { 'aws:cognito-idp:userpool-arn': `${poolArn}X` } }),
    ).toBe(false)
    expect(allows(documented(), { encryptionContext: {} })).toBe(false)
    expect(allows(documented(), { caller: serviceCaller('s3.amazonaws.com') })).toBe(false)
  })
  test('works with a wildcard pool ID, and without the SourceArn condition', () => {
    const wild = `arn:aws:cognito-idp:us-east-1:${account}:userpool/*`
    expect(allows(documented({ sourceArn: wild, poolInContext: wild }), {})).toBe(true)
    expect(
      allows(documented({ sourceArn: undefined }), {
        caller: serviceCaller('cognito-idp.amazonaws.com', 'arn:aws:other:us-east-1:1:x'),
      }),
    ).toBe(true)
  })
  test('without identitystore lets cognito-idp in and identitystore not', () => {
    const single = documented({ services: ['cognito-idp.amazonaws.com'] })
    expect(allows(single, {})).toBe(true)
    expect(allows(single, { caller: identityStore })).toBe(false)
  })
})

test('the default policy lets the account do everything, and no service anything', () => {
  const policy = JSON.parse(defaultPolicy(account)) as object
  expect(allows(policy, { caller: owner, action: 'kms:ScheduleKeyDeletion' })).toBe(true)
  expect(allows(policy, {})).toBe(false)
})

test.each([
  ['action', { Resource: '*' }],
  ['resource', { Action: 'kms:*' }],
])('a statement that names no %s is taken and has no effect, be it an allow or a deny', (_what, about) => {
  const statement = { Principal: '*', ...about }
  const whole = { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }
  expect(allows({ Statement: { Effect: 'Allow', ...statement } }, { caller: owner })).toBe(false)
  expect(allows({ Statement: [whole, { Effect: 'Deny', ...statement }] }, { caller: owner })).toBe(true)
})

test('a deny wins over every allow', () => {
  const policy = {
    Statement: [
      { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' },
      { Effect: 'Deny', Principal: { AWS: '*' }, Action: 'kms:Decrypt', Resource: '*' },
    ],
  }
  expect(allows(policy, { action: 'kms:Encrypt' })).toBe(true)
  expect(allows(policy, { action: 'kms:Decrypt' })).toBe(false)
})

test('NotAction, NotPrincipal and a single statement mean what IAM says', () => {
  const policy = {
    Statement: {
      Effect: 'Allow',
      NotPrincipal: { Service: 'cognito-idp.amazonaws.com' },
      NotAction: 'kms:Encrypt',
      Resource: '*',
    },
  }
  expect(allows(policy, { caller: identityStore })).toBe(true)
  expect(allows(policy, { caller: cognito })).toBe(false)
  expect(allows(policy, { caller: identityStore, action: 'kms:Encrypt' })).toBe(false)
})

test('a deny for all but some spares the users that it names beside their account, and no others of it', () => {
  const root = `arn:aws:iam::${account}:root`
  const arnOf = (name: string) => `arn:aws:iam::${account}:user/${name}`
  const user = (name: string): Caller => ({ ...owner, arn: arnOf(name), decide: () => 'Allow' }) as Caller
  const allowsDecrypt = (spared: string[], caller: Caller) =>
    allows(
      {
        Statement: [
          { Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' },
          { Effect: 'Deny', NotPrincipal: { AWS: spared }, Action: 'kms:Decrypt', Resource: '*' },
        ],
      },
      { caller },
    )
  expect(allowsDecrypt([root], owner)).toBe(true)
  expect(allowsDecrypt([root], user('ann'))).toBe(false)
  expect(allowsDecrypt([account, arnOf('ann')], user('ann'))).toBe(true)
  expect(allowsDecrypt([root, arnOf('ann')], user('bob'))).toBe(false)
  expect(allowsDecrypt([arnOf('ann')], user('ann'))).toBe(false)
  expect(allowsDecrypt([arnOf('ann')], owner)).toBe(false)
})

test('a key gets no policy that lets in all but some', () => {
  const statement = { NotPrincipal: { AWS: account }, Action: 'kms:*', Resource: '*' }
  const put = (Effect: string) => () =>
    parseNewPolicy(JSON.stringify({ Statement: { Effect, ...statement } }))
  expect(put('Allow')).toThrow('NotPrincipal must be used with the Effect Deny')
  expect(put('Deny')).not.toThrow()
})

const context = new Map([
  ['aws:sourcearn', ['arn:aws:x:r:1:a/b']],
  ['many', ['one', 'two']],
  ['flag', ['true']],
])
test.each([
  ['StringEquals', 'aws:SourceArn', ['arn:aws:x:r:1:a/b'], true],
  ['StringEquals', 'aws:SourceArn', ['ARN:aws:x:r:1:a/b'], false],
  ['StringEqualsIgnoreCase', 'aws:SourceArn', ['ARN:aws:x:r:1:a/b'], true],
  ['StringNotEquals', 'aws:SourceArn', ['other'], true],
  ['StringNotEquals', 'absent', ['other'], true],
  ['StringLike', 'aws:SourceArn', ['arn:*b'], true],
  ['StringNotLike', 'aws:SourceArn', ['arn:*b', 'x'], false],
  ['ArnLike', 'aws:SourceArn', ['arn:aws:*:r:1:a/*'], true],
  ['ArnLike', 'aws:SourceArn', ['arn:*:1:a/b'], false],
  ['ArnEquals', 'absent', ['x'], false],
  ['ArnNotLike', 'aws:SourceArn', ['arn:aws:*:r:1:a/*'], false],
  ['Bool', 'flag', ['true'], true],
  ['Null', 'absent', ['true'], true],
  ['Null', 'flag', ['true'], false],
  ['StringEqualsIfExists', 'absent', ['x'], true],
  ['StringEqualsIfExists', 'flag', ['x'], false],
  ['ForAnyValue:StringEquals', 'many', ['two', 'three'], true],
  ['ForAllValues:StringEquals', 'many', ['two', 'three'], false],
  ['ForAllValues:StringEquals', 'many', ['one', 'two', 'three'], true],
  ['ForAllValues:StringEquals', 'absent', ['x'], true],
  ['StringMatches', 'flag', ['true'], false],
] as const)('%s %s %j is %s', (operator, key, wanted, holds) => {
  expect(conditionHolds(operator, key, wanted, context)).toBe(holds)
})

test.each([
  ['a*c', 'abbbc', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['*a*b', 'xxaxxbxb', true],
  ['', '', true],
  ['*', '', true],
  ['[a]', '[a]', true],
])('the pattern %s and %s: %s', (pattern, text, matches) => {
  expect(matchesWildcard(pattern, text)).toBe(matches)
})

test('a hostile pattern costs no time', () => {
  expect(matchesWildcard(`${'a*'.repeat(5_000)}b`, 'a'.repeat(5_000))).toBe(false)
})

test.each([
  ['no JSON', '{'],
  ['no statement', '{"Statement":[]}'],
  ['an unknown effect', '{"Statement":[{"Effect":"Maybe","Principal":"*","Action":"kms:*","Resource":"*"}]}'],
  ['no principal', '{"Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}'],
  [
    'two kinds of action',
    '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","NotAction":"kms:Sign","Resource":"*"}]}',
  ],
  [
    'two kinds of resource',
    '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*","NotResource":"*"}]}',
  ],
  [
    'an unknown operator',
    '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*","Condition":{"Guess":{"a":"b"}}}]}',
  ],
  [
    'an unknown member',
    '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*","Else":1}]}',
  ],
])('a policy with %s is malformed', (_what, text) => {
  expect(() => parsePolicy(text)).toThrow(
    expect.objectContaining({ code: 'MalformedPolicyDocumentException' }),
  )
})

test('a policy over 32 KiB is refused', () => {
  expect(() => parsePolicy(' '.repeat(32_769))).toThrow(
    expect.objectContaining({ code: 'LimitExceededException' }),
  )
})
