// The operator's list of passwords that are known elsewhere: passwords as they are, or their SHA-1 in hex, one a line.
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { CompromisedPasswords } from '../../directory/compromised-passwords-port.ts'

/** As the lists in circulation have it: the hash, and maybe a colon and a count. */
const hashedLine = /^([0-9a-f]{40})(?::\d+)?$/i
const fileBytesMax = 256 * 1024 * 1024
/** Of a hash its first 8 bytes are kept: of 5,000,000 passwords one in 2^41 is taken for a listed one. */
const keptBytes = 8

const keptOf = (password: string): bigint => createHash('sha1').update(password).digest().readBigUInt64BE(0)

/** Throws RangeError for a file that is too large, and the system's error for one that can't be read. */
export const readCompromisedPasswords = (file: string): CompromisedPasswords => {
  if (statSync(file).size > fileBytesMax)
    throw new RangeError(`a list of compromised passwords has at most ${fileBytesMax} bytes: ${file}`)
  const lines = readFileSync(file, 'utf8').split('\n')
  const sorted = new BigUint64Array(lines.length)
  let count = 0
  for (const line of lines) {
    const text = line.replace(/\r$/, '')
    if (text === '') continue
    const hash = hashedLine.exec(text)?.[1]
    sorted[count] = hash === undefined ? keptOf(text) : BigInt(`0x${hash.slice(0, keptBytes * 2)}`)
    count += 1
  }
  const known = sorted.subarray(0, count).sort()
  return {
    has: (password) => {
      const wanted = keptOf(password)
      let low = 0
      let high = known.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((known[middle] ?? 0n) < wanted) low = middle + 1
        else high = middle
      }
      return known[low] === wanted
    },
  }
}
