// What a Region shows other Regions to prove its name, and what it takes as proof of theirs: X.509 certificates.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import { makeAuthority, makePeerCertificate } from '../x509/certificate.ts'
import { deriveKey } from '../x509/derived-key.ts'

const hourMs = 3_600_000
/** How long a certificate is shown before it is made anew, or read again: an operator's files may have been renewed. */
const shownMs = hourMs
/** Long enough for connections that are being made while clocks differ; connections that stand don't end with it. */
const lifetimeMs = 7 * 24 * hourMs
const authorityName = 'Twinpool deployment'

/** All PEM. `authority` may be several certificates. */
export type PeerIdentity = {
  readonly certificate: string
  readonly key: string
  readonly authority: string
}

export type PeerIdentityFiles = {
  readonly certificateFile: string
  readonly keyFile: string
  readonly authorityFile: string
}

/** Whether the certificate is that Region's. Who issued it was checked before. */
export const isCertifiedAs = (certificate: X509Certificate, region: string): boolean =>
  certificate.checkHost(region, { subject: 'never', wildcards: false }) !== undefined

/** By the authority whose key every Region derives; each makes its own certificate of that authority and of itself. */
const issue = (region: string, seed: Uint8Array, clock: Clock, random: Random): PeerIdentity => {
  const validity = { fromMs: clock.now() - hourMs, untilMs: clock.now() + lifetimeMs }
  const authority = makeAuthority(authorityName, validity, random, deriveKey(seed))
  const { certificate, privateKey } = makePeerCertificate(authority, region, validity, random)
  return {
    certificate,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    authority: authority.certificate,
  }
}

const read = (region: string, files: PeerIdentityFiles): PeerIdentity => {
  const identity = {
    certificate: readFileSync(files.certificateFile, 'utf8'),
    key: readFileSync(files.keyFile, 'utf8'),
    authority: readFileSync(files.authorityFile, 'utf8'),
  }
  if (!isCertifiedAs(new X509Certificate(identity.certificate), region))
    throw new TypeError(`peerTls: the subject alternative name of ${files.certificateFile} is not ${region}`)
  return identity
}

/**
 * Gives the identity to use for the next connection. The first is made at once: throws the system's error for a file that can't be read, and TypeError
 * for a certificate of another name. Later, what can't be read is logged, and the former is used on.
 */
export const createPeerIdentity = (options: {
  readonly region: string
  readonly authoritySeed: Uint8Array
  readonly files?: PeerIdentityFiles | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}): (() => PeerIdentity) => {
  const { region, files, clock, random, log } = options
  const make = (): PeerIdentity =>
    files === undefined ? issue(region, options.authoritySeed, clock, random) : read(region, files)
  let current = make()
  let madeAtMs = clock.now()
  return () => {
    // A clock that was set back counts too: the certificate would not be valid yet.
    if (Math.abs(clock.now() - madeAtMs) >= shownMs) {
      madeAtMs = clock.now()
      try {
        current = make()
      } catch (error) {
        log.error({ err: error }, 'this Region’s certificate for other Regions could not be renewed')
      }
    }
    return current
  }
}
