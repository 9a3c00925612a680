// The digest of a stream: the sum modulo 2^256 of a hash of each record that it holds, so that it can be kept up to date change by change.
import { hash } from 'node:crypto'
import type { StoreRecord } from './store.ts'

const modulus = 1n << 256n

/** What a stream without records has. */
export const emptyDigest = '0'.repeat(64)

/**
 * SHA-256 over the record, 32 bytes. Every field is preceded by its length (big-endian), so that no two records have the same encoding:
 * u32 key, key, u64 version, u32 value, value, u32 number of terms, then u32 length and bytes of each.
 */
export const recordHash = (record: StoreRecord): Buffer => {
  const key = Buffer.from(record.key, 'utf8')
  const terms = record.terms.map((term) => Buffer.from(term, 'utf8'))
  const termBytes = terms.reduce((sum, term) => sum + 4 + term.length, 0)
  const encoded = Buffer.allocUnsafe(4 + key.length + 8 + 4 + record.value.byteLength + 4 + termBytes)
  let offset = encoded.writeUInt32BE(key.length, 0)
  offset += key.copy(encoded, offset)
  offset = encoded.writeBigUInt64BE(BigInt(record.version), offset)
  offset = encoded.writeUInt32BE(record.value.byteLength, offset)
  encoded.set(record.value, offset)
  offset = encoded.writeUInt32BE(terms.length, offset + record.value.byteLength)
  for (const term of terms) {
    offset = encoded.writeUInt32BE(term.length, offset)
    offset += term.copy(encoded, offset)
  }
  return hash('sha256', encoded, 'buffer')
}

const toNumber = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`)

export const addToDigest = (digest: bigint, recordHashed: Uint8Array): bigint =>
  BigInt.asUintN(256, digest + toNumber(recordHashed))

export const takeFromDigest = (digest: bigint, recordHashed: Uint8Array): bigint =>
  BigInt.asUintN(256, digest + modulus - toNumber(recordHashed))

/** 64 hex digits, as stream heads and log entries carry it. */
export const digestToHex = (digest: bigint): string => digest.toString(16).padStart(64, '0')

export const digestFromHex = (hex: string): bigint => BigInt(`0x${hex}`)

/** The digest from scratch, for checking a store against the digest that it kept. */
export const digestOf = (records: Iterable<StoreRecord>): string => {
  let digest = 0n
  for (const record of records) digest = addToDigest(digest, recordHash(record))
  return digestToHex(digest)
}
