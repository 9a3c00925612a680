// A P-256 key that whoever knows a seed makes again, for an authority that several machines must share without handing a key around.
import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto'

/** 64 bits more than the key has, so that the remainder below is even (FIPS 186-5, appendix A.2.1). */
export const derivedKeySeedBytes = 40

const curve = 'prime256v1'
/** The order of the curve's base point (NIST SP 800-186, section 3.2.1.3). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const coordinateBytes = 32

/** Throws RangeError for a seed of another length than `derivedKeySeedBytes`. */
export const deriveKey = (seed: Uint8Array): KeyObject => {
  if (seed.length !== derivedKeySeedBytes) throw new RangeError(`a seed has ${derivedKeySeedBytes} bytes`)
  const scalar = (BigInt(`0x${Buffer.from(seed).toString('hex')}`) % (order - 1n)) + 1n
  const d = Buffer.from(scalar.toString(16).padStart(coordinateBytes * 2, '0'), 'hex')
  const pair = createECDH(curve)
  pair.setPrivateKey(d)
  // Uncompressed: 4, x, y (SEC 1, section 2.3.3).
  const point = pair.getPublicKey()
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: d.toString('base64url'),
      x: point.subarray(1, 1 + coordinateBytes).toString('base64url'),
      y: point.subarray(1 + coordinateBytes).toString('base64url'),
    },
  })
}
