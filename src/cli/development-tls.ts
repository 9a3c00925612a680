// HTTPS under a development authority: made once in the data folder, the server certificate renewed when it must be.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Clock, Random } from '../telemetry/clock.ts'
import { type CertifiedKey, makeAuthority, makeServerCertificate } from '../x509/certificate.ts'
import { type DataFolder, readFileIfAny, writePrivateFile } from './data-folder.ts'

const dayMs = 86_400_000
const authorityLifetimeMs = 10 * 365 * dayMs
/** Apple's clients take no longer life of a server certificate, from private authorities neither. */
const serverLifetimeMs = 397 * dayMs
const renewBeforeMs = 30 * dayMs
/** Clocks of containers and their host differ a little. */
const backdatingMs = 3_600_000

const authorityName = 'Twinpool development CA'

export type TlsFiles = {
  readonly certificateFile: string
  readonly keyFile: string
  readonly authorityFile: string
}

/** Every name under which the router and the Regions are reached. */
export const tlsNames = (
  host: string,
  regions: readonly string[],
  baseDomain: string | undefined,
): readonly string[] => {
  const isWildcardHost = host === '0.0.0.0' || host === '::'
  const ofBaseDomain = (base: string): string[] => [
    base,
    `*.${base}`,
    ...regions.flatMap((region) => [`*.${region}.${base}`, `*.auth.${region}.${base}`]),
  ]
  const names = [
    'localhost',
    '*.localhost',
    '127.0.0.1',
    '::1',
    ...(isWildcardHost ? [] : [host]),
    ...(baseDomain === undefined ? [] : ofBaseDomain(baseDomain)),
  ]
  return [...new Set(names)]
}

const isFresh = (certificate: X509Certificate, nowMs: number): boolean =>
  Date.parse(certificate.validTo) - nowMs > renewBeforeMs

const privatePem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

const readAuthority = (
  files: { certificate: string; key: string },
  nowMs: number,
): CertifiedKey | undefined => {
  const certificate = readFileIfAny(files.certificate)
  const key = readFileIfAny(files.key)
  if (certificate === undefined || key === undefined) return undefined
  if (!isFresh(new X509Certificate(certificate), nowMs)) return undefined
  return { certificate, privateKey: createPrivateKey(key), name: authorityName }
}

/** Files that serve all `names`, made where they are missing, near their end, or for other names. */
export const prepareTls = (
  folder: DataFolder,
  names: readonly string[],
  clock: Clock,
  random: Random,
): TlsFiles => {
  const authorityFiles = { certificate: folder.file('tls/ca.pem'), key: folder.file('tls/ca.key.pem') }
  const files = {
    certificateFile: folder.file('tls/server.pem'),
    keyFile: folder.file('tls/server.key.pem'),
    namesFile: folder.file('tls/server.names.json'),
  }
  const nowMs = clock.now()
  const fromMs = nowMs - backdatingMs
  let authority = readAuthority(authorityFiles, nowMs)
  if (authority === undefined) {
    authority = makeAuthority(authorityName, { fromMs, untilMs: nowMs + authorityLifetimeMs }, random)
    writePrivateFile(authorityFiles.key, privatePem(authority.privateKey))
    writePrivateFile(authorityFiles.certificate, authority.certificate)
  }
  const current = readFileIfAny(files.certificateFile)
  const wanted = JSON.stringify(names)
  const isUsable =
    current !== undefined &&
    readFileIfAny(files.keyFile) !== undefined &&
    readFileIfAny(files.namesFile) === wanted &&
    isFresh(new X509Certificate(current), nowMs) &&
    new X509Certificate(current).verify(new X509Certificate(authority.certificate).publicKey)
  if (!isUsable) {
    const server = makeServerCertificate(
      authority,
      names,
      { fromMs, untilMs: nowMs + serverLifetimeMs },
      random,
    )
    writePrivateFile(files.keyFile, privatePem(server.privateKey))
    writePrivateFile(files.certificateFile, server.certificate)
    writePrivateFile(files.namesFile, wanted)
  }
  return {
    certificateFile: files.certificateFile,
    keyFile: files.keyFile,
    authorityFile: authorityFiles.certificate,
  }
}
