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
