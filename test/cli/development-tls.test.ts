// The development authority and its server certificates: names, renewal, and what stays.
import { X509Certificate } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DataFolder, takeDataFolder } from '../../src/cli/data-folder.ts'
import { prepareTls, tlsNames } from '../../src/cli/development-tls.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { newFolder } from './support/command.ts'

const dayMs = 86_400_000
const startMs = Date.UTC(2026, 5, 1)

let path: string
let folder: DataFolder

beforeEach(() => {
  path = newFolder()
  folder = takeDataFolder(path)
})

afterEach(() => {
  folder.release()
  rmSync(path, { recursive: true, force: true })
})

const prepare = (names: readonly string[], nowMs: number) => {
  const files = prepareTls(folder, names, { now: () => nowMs }, systemRandom)
  return {
    server: new X509Certificate(readFileSync(files.certificateFile)),
    authority: new X509Certificate(readFileSync(files.authorityFile)),
  }
}

describe('the development certificate', () => {
  test('covers every name of a deployment with a base domain, and no other', () => {
    const { server, authority } = prepare(tlsNames('10.0.0.5', ['us-east-1'], 'aws.test'), startMs)
    expect(server.verify(authority.publicKey)).toBe(true)
    expect(server.checkIssued(authority)).toBe(true)
    expect(server.ca).toBe(false)
    for (const host of [
      'localhost',
      'aws.test',
      'cognito-idp.us-east-1.aws.test',
      'issuer-cognito-idp.us-east-1.aws.test',
      'kms.us-east-1.aws.test',
      'myapp.auth.us-east-1.aws.test',
    ])
      expect([host, server.checkHost(host) !== undefined]).toEqual([host, true])
    for (const address of ['127.0.0.1', '::1', '10.0.0.5']) expect(server.checkIP(address)).toBe(address)
    expect(server.checkHost('cognito-idp.eu-west-1.aws.test')).toBeUndefined()
    expect(server.checkIP('10.0.0.6')).toBeUndefined()
  })

  test('stays as it is while names and time allow', () => {
    const names = tlsNames('127.0.0.1', ['us-east-1'], undefined)
    const first = prepare(names, startMs)
    const later = prepare(names, startMs + 300 * dayMs)
    expect(later.server.fingerprint256).toBe(first.server.fingerprint256)
  })

  test('is renewed near its end, and for other names, under the same authority', () => {
    const names = tlsNames('127.0.0.1', ['us-east-1'], undefined)
    const first = prepare(names, startMs)
    const renewed = prepare(names, startMs + 380 * dayMs)
    expect(renewed.server.fingerprint256).not.toBe(first.server.fingerprint256)
    expect(Date.parse(renewed.server.validTo)).toBeGreaterThan(startMs + 700 * dayMs)
    const renamed = prepare([...names, 'my.host'], startMs + 381 * dayMs)
    expect(renamed.server.checkHost('my.host')).toBe('my.host')
    expect(renamed.authority.fingerprint256).toBe(first.authority.fingerprint256)
    expect(renamed.server.verify(first.authority.publicKey)).toBe(true)
  })

  test('is made under a new authority when the old one is near its end', () => {
    const names = tlsNames('127.0.0.1', ['us-east-1'], undefined)
    const first = prepare(names, startMs)
    const { server, authority } = prepare(names, startMs + 3_640 * dayMs)
    expect(authority.fingerprint256).not.toBe(first.authority.fingerprint256)
    expect(server.verify(authority.publicKey)).toBe(true)
  })
})
