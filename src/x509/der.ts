// Distinguished encoding (ITU-T X.690) of the few ASN.1 types that a certificate is made of.

const tagged = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents)
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, content])
}

export const sequence = (...members: readonly Uint8Array[]): Buffer => tagged(0x30, ...members)
export const set = (...members: readonly Uint8Array[]): Buffer => tagged(0x31, ...members)
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0))
export const octetString = (value: Uint8Array): Buffer => tagged(0x04, value)
export const utf8String = (value: string): Buffer => tagged(0x0c, Buffer.from(value))

/** Of a positive whole number in big-endian bytes. */
export const integer = (bytes: Uint8Array): Buffer =>
  tagged(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.of(0) : Buffer.alloc(0), bytes)

/** `unusedBits` are the low bits of the last byte that don't count. */
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer =>
  tagged(0x03, Buffer.of(unusedBits), bytes)

/** `[number]`, constructed (explicit) or primitive (implicit, of a string type). */
export const context = (number: number, content: Uint8Array, isPrimitive = false): Buffer =>
  tagged((isPrimitive ? 0x80 : 0xa0) | number, content)

/** From dotted form, for example `1.2.840.10045.4.3.2`. */
export const objectId = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const base128 = (value: number): number[] => {
    const digits = [value & 0x7f]
    for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80)
    return digits
  }
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)))
}

/** UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280, section 4.1.2.5). */
export const time = (atMs: number): Buffer => {
  const text = new Date(atMs)
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z$/, 'Z')
  return text < '2050' ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text))
}
