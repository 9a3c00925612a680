// What a user who doesn't exist looks like to a client that must not learn so (PreventUserExistenceErrors): always the same, from a key.
import { createHmac, hkdfSync } from 'node:crypto'
import { N, toBigInt } from '../srp/srp-group.ts'

/** Salt and verifier as hex. Nobody knows a password for it: the verifier isn't made from one. */
export const decoyCredential = (
  decoyKey: Buffer,
  usernameKey: string,
): { readonly salt: string; readonly verifier: string; readonly setAtMs: number } => {
  const expand = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', decoyKey, usernameKey, purpose, length))
  return {
    salt: expand('salt', 16).toString('hex'),
    verifier: (toBigInt(expand('verifier', 400)) % N).toString(16),
    setAtMs: 0,
  }
}

/** A username of the form that Cognito gives to users of a pool with username attributes. */
export const decoySub = (decoyKey: Buffer, usernameKey: string): string => {
  const bytes = createHmac('sha256', decoyKey).update(`sub\n${usernameKey}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Whether a user who doesn't exist seems to have something: drawn by the name, so that it neither changes nor tells. */
export const decoyChoice = (decoyKey: Buffer, usernameKey: string, purpose: string): boolean =>
  createHmac('sha256', decoyKey).update(`${purpose}\n${usernameKey}`).digest().readUInt8(0) % 2 === 0
