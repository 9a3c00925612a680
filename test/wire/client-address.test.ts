// Which client a request comes from, by the connection and by what trusted proxies say.
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { clientAddressBehind, trustedProxies } from '../../src/wire/client-address.ts'

const from = (remoteAddress: string, forwardedFor?: string): IncomingMessage => {
  const socket = { remoteAddress }
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
  return { socket, connection: socket, headers } as unknown as IncomingMessage
}

describe('the client', () => {
  it.each([
    ['is who connects', [], from('203.0.113.9'), '203.0.113.9'],
    ['is who connects, whatever it says of itself', [], from('203.0.113.9', '198.51.100.1'), '203.0.113.9'],
    ['is whom a trusted proxy names', ['10.0.0.0/8'], from('10.0.0.5', '203.0.113.9'), '203.0.113.9'],
    [
      'is the nearest that no trusted proxy is',
      ['loopback', '10.0.0.0/8'],
      from('127.0.0.1', '198.51.100.1, 203.0.113.9, 10.0.0.5'),
      '203.0.113.9',
    ],
    ['is the farthest of trusted proxies alone', ['loopback'], from('127.0.0.1', '127.0.0.2'), '127.0.0.2'],
    ['is who connects, where the header makes no sense', ['loopback'], from('127.0.0.1', 'x'), '127.0.0.1'],
    ['is known by IPv6', ['2001:db8::/32'], from('2001:db8::1', '2001:db9::1'), '2001:db9::1'],
    ['is known behind IPv4 in IPv6', ['127.0.0.1'], from('::ffff:127.0.0.1', '203.0.113.9'), '203.0.113.9'],
  ])('%s', (_, proxies, request, address) => {
    expect(clientAddressBehind(proxies).of(request)).toBe(address)
  })
})

it('takes addresses, ranges and names for proxies, and nothing else', () => {
  expect(trustedProxies.safeParse(['loopback', '10.0.0.0/8', '2001:db8::1']).success).toBe(true)
  for (const wrong of ['proxy.example.com', '10.0.0.0/99', '', 'x'])
    expect([wrong, trustedProxies.safeParse([wrong]).success]).toEqual([wrong, false])
})
