// Who gets a connection between Regions, and who gets nothing.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPeerIdentity, type PeerIdentity } from '../../src/region/peer-identity.ts'
import { openUpgraded } from '../../src/region/peer-tunnel.ts'
import type { PeerHandlers } from '../../src/replication/peer-port.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { makeAuthority, makePeerCertificate, makeServerCertificate } from '../../src/x509/certificate.ts'
import { derivedKeySeedBytes } from '../../src/x509/derived-key.ts'
import { type Ending, startProxy } from '../support/proxy.ts'
import { identityOf, regions, startHttp, startPeer, transportTo } from './support/peers.ts'

const hourMs = 3_600_000
const endings: Ending[] = []
let askedBy: string[] = []
beforeEach(() => {
  askedBy = []
})
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

const handlers: PeerHandlers = {
  calls: {
    who: async (fromRegion) => {
      askedBy.push(fromRegion)
      return { fromRegion }
    },
    slow: async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return {}
    },
  },
  streams: {},
}
const ask = (port: number, identity?: () => PeerIdentity, region?: string): Promise<unknown> =>
  transportTo(port, endings, { identity, region }).call('us-west-2', 'who', {}, { timeoutMs: 5_000 })

/** All that a client hears that upgrades and then begins TLS as it likes. */
const heard = async (
  port: number,
  options: ConnectionOptions,
): Promise<{ readonly reason: string; readonly bytes: number }> => {
  const origin = `http://127.0.0.1:${port}`
  const socket = await openUpgraded({ origin, publicAuthority: undefined, timeoutMs: 5_000 })
  return new Promise((resolve) => {
    const secure = connectTls({ ...options, socket, rejectUnauthorized: false })
    let bytes = 0
    let reason = ''
    secure.on('data', (data: Buffer) => {
      bytes += data.length
    })
    secure.on('error', (error) => {
      reason = error.message
    })
    secure.on('close', () => {
      socket.destroy()
      resolve({ reason, bytes })
    })
    secure.write('POST /_twinpool/peer/call/who HTTP/1.1\r\nhost: us-west-2\r\ncontent-length: 2\r\n\r\n{}')
  })
}

describe('a caller gets nothing', () => {
  test('without a certificate, and with TLS older than 1.3', async () => {
    const { port } = await startPeer(handlers, endings)
    expect(await heard(port, {})).toEqual({
      reason: expect.stringContaining('certificate required'),
      bytes: 0,
    })
    const { certificate, key } = identityOf('us-east-1')()
    const older = await heard(port, { cert: certificate, key, maxVersion: 'TLSv1.2' })
    expect(older).toEqual({ reason: expect.stringContaining('protocol version'), bytes: 0 })
    expect(askedBy).toEqual([])
  })

  test('with a certificate of another authority, or of one that only calls itself the same', async () => {
    const { port } = await startPeer(handlers, endings)
    const ours = identityOf('us-east-1')()
    const theirs = identityOf('us-east-1', randomBytes(derivedKeySeedBytes))()
    expect(await heard(port, { cert: theirs.certificate, key: theirs.key })).toMatchObject({ bytes: 0 })
    await expect(ask(port, () => ({ ...theirs, authority: ours.authority }))).rejects.toMatchObject({
      code: 'Unreachable',
    })
    expect(askedBy).toEqual([])
  })

  test('with the certificate of a Region that is no peer, of a server, or of its time no more', async () => {
    const { port } = await startPeer(handlers, endings)
    const stranger = identityOf('eu-west-1')()
    expect(await heard(port, { cert: stranger.certificate, key: stranger.key })).toMatchObject({ bytes: 0 })
    const nowMs = systemClock.now()
    const validity = { fromMs: nowMs - hourMs, untilMs: nowMs + hourMs }
    const past = { fromMs: nowMs - 2 * hourMs, untilMs: nowMs - hourMs }
    const authority = makeAuthority('of an operator', validity, systemRandom)
    const as = (made: ReturnType<typeof makePeerCertificate>) => (): PeerIdentity => ({
      certificate: made.certificate,
      key: made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      authority: authority.certificate,
    })
    const west = await startPeer(handlers, endings, {
      identity: as(makePeerCertificate(authority, 'us-west-2', validity, systemRandom)),
    })
    const wrong = [
      makeServerCertificate(authority, ['us-east-1'], validity, systemRandom),
      makePeerCertificate(authority, 'us-east-1', past, systemRandom),
      makePeerCertificate(authority, '*', validity, systemRandom),
      makePeerCertificate(authority, '*.us-east-1', validity, systemRandom),
    ]
    for (const made of wrong)
      await expect(ask(west.port, as(made))).rejects.toMatchObject({ code: 'Unreachable' })
    expect(askedBy).toEqual([])
    const right = makePeerCertificate(authority, 'us-east-1', validity, systemRandom)
    expect(await ask(west.port, as(right))).toEqual({ fromRegion: 'us-east-1' })
  })

  test('as another Region than that of its certificate, though it has the deployment’s key', async () => {
    const { port } = await startPeer(handlers, endings, { regions: [...regions, 'eu-west-1'] })
    await expect(ask(port, identityOf('eu-west-1'), 'us-east-1')).rejects.toMatchObject({
      code: 'Unreachable',
      message: 'a peer answered with HTTP status 403',
    })
    expect(await ask(port, identityOf('eu-west-1'), 'eu-west-1')).toEqual({ fromRegion: 'eu-west-1' })
    expect(askedBy).toEqual(['eu-west-1'])
  })

  test('outside of a tunnel', async () => {
    const { port } = await startPeer(handlers, endings)
    const status = await new Promise((resolve, reject) => {
      const outgoing = request({ port, method: 'POST', path: '/_twinpool/peer/call/who' }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      outgoing.on('error', reject)
      outgoing.end('{}')
    })
    expect(status).toBe(403)
    expect(askedBy).toEqual([])
  })
})

test('who stands where a Region should, with another’s certificate or another authority’s, hears nothing of a call', async () => {
  const seed = randomBytes(derivedKeySeedBytes)
  for (const identity of [identityOf('us-east-1'), identityOf('eu-west-1'), identityOf('us-west-2', seed)]) {
    const impostor = await startPeer(handlers, endings, { identity })
    await expect(ask(impostor.port)).rejects.toMatchObject({ code: 'Unreachable' })
  }
  expect(askedBy).toEqual([])
})

test('a tunnel goes through a public endpoint with TLS of its own, whose certificate says nothing of Regions', async () => {
  const nowMs = systemClock.now()
  const validity = { fromMs: nowMs - hourMs, untilMs: nowMs + hourMs }
  const authority = makeAuthority('of the public endpoints', validity, systemRandom)
  const { certificate, privateKey } = makeServerCertificate(authority, ['127.0.0.1'], validity, systemRandom)
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { port } = await startPeer(handlers, endings, { tls: { cert: certificate, key } })
  const publicAuthority = authority.certificate
  expect(await transportTo(port, endings, { publicAuthority }).call('us-west-2', 'who', {})).toEqual({
    fromRegion: 'us-east-1',
  })
  const another = makeAuthority('another', validity, systemRandom).certificate
  await expect(
    transportTo(port, endings, { publicAuthority: another }).call('us-west-2', 'who', {}),
  ).rejects.toMatchObject({ code: 'Unreachable' })
  expect(askedBy).toEqual(['us-east-1'])
})

test('calls share connections, at most 64 however many are made at once', async () => {
  const proxy = await startProxy((await startPeer(handlers, endings)).port, endings)
  const { call } = transportTo(proxy.port, endings)
  for (let index = 0; index < 20; index += 1) await call('us-west-2', 'who', {})
  expect(proxy.connectionCount()).toBe(1)
  await Promise.all(Array.from({ length: 300 }, () => call('us-west-2', 'slow', {})))
  expect(proxy.connectionCount()).toBeLessThanOrEqual(65)
})

test('a call is given up in its time where a Region takes connections and says nothing', async () => {
  const silent = createServer(() => undefined)
  const switching = createServer({ shouldUpgradeCallback: () => true }).on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: twinpool-peer\r\n\r\n')
    endings.push(() => socket.destroy())
  })
  for (const server of [silent, switching]) {
    const port = await startHttp(server, endings)
    const beganAtMs = performance.now()
    await expect(
      transportTo(port, endings).call('us-west-2', 'who', {}, { timeoutMs: 200 }),
    ).rejects.toMatchObject({ code: 'Unreachable' })
    expect(performance.now() - beganAtMs).toBeLessThan(2_000)
  }
})

describe('a node that does not lead', () => {
  test('hands tunnels to the one that does, which alone sees what is in them', async () => {
    const lead = await startPeer(handlers, endings)
    const wire = await startProxy(lead.port, endings)
    const node = await startPeer({ calls: {}, streams: {} }, endings, {
      isLeader: () => false,
      leader: () => `http://127.0.0.1:${wire.port}`,
    })
    expect(await ask(node.port)).toEqual({ fromRegion: 'us-east-1' })
    expect(wire.seen().includes('x-twinpool-handed-on')).toBe(true)
    expect(wire.seen().includes('x-twinpool-region')).toBe(false)
  })

  test('refuses where nobody leads, and does not go round in circles', async () => {
    const origins: string[] = []
    const one = await startPeer(handlers, endings, { isLeader: () => false, leader: () => origins[1] })
    const other = await startPeer(handlers, endings, { isLeader: () => false, leader: () => origins[0] })
    await expect(ask(one.port)).rejects.toMatchObject({ code: 'Unreachable' })
    origins.push(`http://127.0.0.1:${one.port}`, `http://127.0.0.1:${other.port}`)
    await expect(ask(one.port)).rejects.toMatchObject({ code: 'Unreachable' })
    expect(askedBy).toEqual([])
  })

  test('any longer answers no call in the tunnels that it has, so that the next goes to the new one', async () => {
    let isLeader = true
    const { port, listener } = await startPeer(handlers, endings, { isLeader: () => isLeader })
    const proxy = await startProxy(port, endings)
    const { call } = transportTo(proxy.port, endings)
    await call('us-west-2', 'who', {})
    isLeader = false
    await expect(call('us-west-2', 'who', {})).rejects.toMatchObject({ code: 'Unreachable' })
    isLeader = true
    await call('us-west-2', 'who', {})
    expect(proxy.connectionCount()).toBe(2)
    listener.endIdle()
    await call('us-west-2', 'who', {}).catch(() => call('us-west-2', 'who', {}))
    expect(proxy.connectionCount()).toBe(3)
  })
})

test('a Region takes up new certificates while it runs, its own and an operator’s, and keeps what it has when they are broken', async () => {
  let nowMs = systemClock.now()
  const log = createLogger({ level: 'silent', region: 'us-east-1' })
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-peer-'))
  endings.push(() => rmSync(folder, { recursive: true }))
  const files = {
    certificateFile: join(folder, 'own.pem'),
    keyFile: join(folder, 'own.key.pem'),
    authorityFile: join(folder, 'ca.pem'),
  }
  const write = (identity: PeerIdentity): void => {
    writeFileSync(files.certificateFile, identity.certificate)
    writeFileSync(files.keyFile, identity.key)
    writeFileSync(files.authorityFile, identity.authority)
  }
  const options = {
    region: 'us-east-1',
    authoritySeed: randomBytes(derivedKeySeedBytes),
    clock: { now: () => nowMs },
    random: systemRandom,
    log,
  }
  const made = createPeerIdentity(options)
  const first = made()
  expect(made()).toBe(first)
  write(first)
  const given = createPeerIdentity({ ...options, files })
  expect(given()).toEqual(first)
  nowMs += hourMs
  expect(made().certificate).not.toBe(first.certificate)
  write(made())
  expect(given()).toEqual(made())
  writeFileSync(files.certificateFile, identityOf('us-west-2')().certificate)
  nowMs += hourMs
  expect(given().certificate).not.toBe(readFileSync(files.certificateFile, 'utf8'))
  expect(() => createPeerIdentity({ ...options, files })).toThrow('us-east-1')
})
