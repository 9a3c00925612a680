// One form of every request target: nothing that a Region reads another way than the router did.
import { describe, expect, it } from 'vitest'
import { requestTarget } from '../../src/routing/request-target.ts'

describe('a request target', () => {
  it.each([
    ['/', '/', ''],
    ['/oauth2/token?a=b?c=%5F', '/oauth2/token', '?a=b?c=%5F'],
    ['/./a/b/../c', '/a/c', ''],
    ['/../../_x', '/_x', ''],
    ['/%2e%2E/%5Fx', '/_x', ''],
    ['/a%2Fb%20c%255F', '/a%2Fb%20c%255F', ''],
    ['http://host:80/_x?y', '/_x', '?y'],
    ['http://host/', '/', ''],
  ])('%s is %s%s', (received, path, query) => {
    expect(requestTarget(received)).toEqual({ path, query })
  })

  it.each([
    '*',
    '',
    'x',
    '//host/_x',
    '/\\_x',
    'http://host',
    'http:///_x',
    'ftp://host/_x',
    'host:443',
    'http://host//_x',
  ])('%s names no path', (received) => {
    expect(requestTarget(received)).toBeUndefined()
  })
})
