// The port to password work, which runs on worker threads (src/srp/).
import type { PasswordCredential } from './records/user.ts'

export type Passwords = {
  /** Salt and SRP verifier (3072-bit group, SHA-256; `poolName` is the pool ID's part after the underscore) as hex, `setAtMs` from the clock. */
  makeCredential(poolId: string, username: string, password: string): Promise<PasswordCredential>
  /** Whether the password is the one the credential was made from; constant time. */
  isPasswordOf(
    poolId: string,
    username: string,
    password: string,
    credential: PasswordCredential,
  ): Promise<boolean>
}

/** The server's two steps of an SRP sign-in; numbers are hex. */
export type SrpSteps = {
  /** The server's 32 secret bytes and its public value B for this verifier. */
  beginSrp(verifier: string): Promise<{ readonly serverSecret: Buffer; readonly serverPublic: string }>
  /** The 16-byte session key. Rejects with an Error when the client's public value A makes it trivial. */
  srpSessionKey(input: {
    readonly clientPublic: string
    readonly serverPublic: string
    readonly serverSecret: Uint8Array
    readonly verifier: string
  }): Promise<Buffer>
}
