// What a request is about, for every way in which clients say it.
import { describe, expect, test } from 'vitest'
import { needsBody, type RequestHead, type Subject, subjectOf } from '../../src/routing/subject.ts'

const head = (members: Partial<RequestHead>): RequestHead => ({
  method: 'POST',
  url: '/',
  host: '127.0.0.1:9228',
  authorization: undefined,
  contentType: 'application/x-amz-json-1.1',
  target: undefined,
  ...members,
})

const signed =
  'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261123/us-west-2/cognito-idp/aws4_request, SignedHeaders=host, Signature=00'
const target = 'AWSCognitoIdentityProviderService.InitiateAuth'
const form = 'application/x-www-form-urlencoded'
const pool = 'us-east-1_Ab12Cd34E'
const token = ['{}', JSON.stringify({ iss: `http://127.0.0.1:9228/${pool}` }), 'signature']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.')
const basic = (id: string): string => `Basic ${Buffer.from(`${id}:secret`).toString('base64')}`

type Case = {
  readonly says: string
  readonly head: Partial<RequestHead>
  readonly body?: string
  readonly baseDomain?: string
  readonly subject: Subject
}

const cases: readonly Case[] = [
  {
    says: 'a signed call names its Region in the scope of its signature',
    head: { authorization: signed, target },
    body: JSON.stringify({ UserPoolId: pool }),
    subject: { kind: 'region', region: 'us-west-2' },
  },
  {
    says: 'a call signed in its query names its Region there',
    head: { url: '/?X-Amz-Credential=AKIAEXAMPLE%2F20261123%2Fus-west-2%2Fkms%2Faws4_request' },
    subject: { kind: 'region', region: 'us-west-2' },
  },
  {
    says: 'an unsigned call with a client ID is about that client',
    head: { target },
    body: JSON.stringify({ ClientId: 'client1', AuthFlow: 'USER_SRP_AUTH' }),
    subject: { kind: 'client', value: 'client1' },
  },
  {
    says: 'an unsigned call with an access token is about the pool that issued it',
    head: { target },
    body: JSON.stringify({ AccessToken: token }),
    subject: { kind: 'pool', value: pool },
  },
  {
    says: 'an unsigned call with a pool ID is about that pool',
    head: { target },
    body: JSON.stringify({ UserPoolId: pool }),
    subject: { kind: 'pool', value: pool },
  },
  {
    says: 'malformed JSON is about nothing, so that a Region answers it',
    head: { target },
    body: '{"ClientId":',
    subject: { kind: 'any' },
  },
  {
    says: 'a client ID beyond any length that could exist is about nothing',
    head: { target },
    body: JSON.stringify({ ClientId: 'x'.repeat(300) }),
    subject: { kind: 'any' },
  },
  {
    says: 'a token request with HTTP Basic is about the client that authenticates',
    head: { url: '/oauth2/token', contentType: form, authorization: basic('client2') },
    body: 'grant_type=client_credentials&client_id=another',
    subject: { kind: 'client', value: 'client2' },
  },
  {
    says: 'a token request with the client in its form is about that client',
    head: { url: '/oauth2/token', contentType: `${form}; charset=utf-8` },
    body: 'grant_type=refresh_token&client_id=client3',
    subject: { kind: 'client', value: 'client3' },
  },
  {
    says: 'a sign-in page is about the client in its query',
    head: { method: 'GET', url: '/oauth2/authorize?response_type=code&client_id=client4' },
    subject: { kind: 'client', value: 'client4' },
  },
  {
    says: 'userInfo is about the pool whose token it carries',
    head: { method: 'GET', url: '/oauth2/userInfo', authorization: `Bearer ${token}` },
    subject: { kind: 'pool', value: pool },
  },
  {
    says: 'keys at the router are those of the shared issuer',
    head: { method: 'GET', url: `/${pool}/.well-known/jwks.json` },
    subject: { kind: 'issuer', poolId: pool, path: `/_issuer/${pool}/.well-known/jwks.json` },
  },
  {
    says: 'the issuer host is the shared issuer',
    head: {
      method: 'GET',
      url: `/${pool}/.well-known/openid-configuration`,
      host: 'issuer-cognito-idp.us-east-1.aws.test:9228',
    },
    baseDomain: 'aws.test',
    subject: { kind: 'issuer', poolId: pool, path: `/_issuer/${pool}/.well-known/openid-configuration` },
  },
  {
    says: 'a Regional host names its Region, for keys of the original issuer too',
    head: { method: 'GET', url: `/${pool}/.well-known/jwks.json`, host: 'cognito-idp.us-west-2.aws.test' },
    baseDomain: 'aws.test',
    subject: { kind: 'region', region: 'us-west-2' },
  },
  {
    says: 'a KMS host names its Region',
    head: { host: 'kms.us-east-1.AWS.test' },
    baseDomain: 'aws.test',
    subject: { kind: 'region', region: 'us-east-1' },
  },
  {
    says: 'a prefix domain is about the pool of that domain, in its Region first',
    head: { url: '/oauth2/token', host: 'myapp.auth.us-west-2.aws.test:443' },
    baseDomain: 'aws.test',
    subject: { kind: 'domain', value: 'myapp', preferredRegion: 'us-west-2' },
  },
  {
    says: 'a host outside the base domain says nothing',
    head: { method: 'GET', host: 'cognito-idp.us-west-2.aws.test.evil.example' },
    baseDomain: 'aws.test',
    subject: { kind: 'any' },
  },
]

describe('what a request is about', () => {
  for (const one of cases)
    test(one.says, () => {
      const read = head(one.head)
      const body = needsBody(read, one.baseDomain) ? Buffer.from(one.body ?? '') : Buffer.alloc(0)
      expect(subjectOf(read, body, one.baseDomain)).toEqual(one.subject)
    })

  test('the body of a call that names its Region is passed on unread', () => {
    expect(needsBody(head({ authorization: signed, target }), undefined)).toBe(false)
    expect(needsBody(head({ target }), undefined)).toBe(true)
  })
})
