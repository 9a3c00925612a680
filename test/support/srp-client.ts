// The client's side of SRP as amazon-cognito-identity-js computes it.
import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'

type BigNumber = { toString(radix: number): string }
type Helper = {
  getLargeAValue(done: (error: Error | null, value: BigNumber) => void): void
  getPasswordAuthenticationKey(
    username: string,
    password: string,
    serverPublic: BigNumber,
    salt: BigNumber,
    done: (error: Error | null, key: Uint8Array) => void,
  ): void
}

const require = createRequire(import.meta.url)
const loaded = {
  AuthenticationHelper: require('amazon-cognito-identity-js/lib/AuthenticationHelper').default as new (
    poolName: string,
  ) => Helper,
  BigInteger: require('amazon-cognito-identity-js/lib/BigInteger').default as new (
    hex: string,
    radix: number,
  ) => BigNumber,
}

export type SrpClient = { readonly poolName: string; readonly helper: Helper; readonly clientPublic: string }

export const newSrpClient = (poolId: string): SrpClient => {
  const poolName = poolId.split('_')[1] ?? ''
  const helper = new loaded.AuthenticationHelper(poolName)
  let clientPublic = ''
  helper.getLargeAValue((error, value) => {
    if (error !== null) throw error
    clientPublic = value.toString(16)
  })
  return { poolName, helper, clientPublic }
}

/** PASSWORD_CLAIM_SIGNATURE in bytes. */
export const clientClaim = async (
  client: SrpClient,
  challenge: {
    readonly username: string
    readonly password: string
    readonly serverPublic: string
    readonly salt: string
    readonly secretBlock: Uint8Array
    readonly timestamp: string
  },
): Promise<Buffer> => {
  const key = await new Promise<Uint8Array>((resolve, reject) =>
    client.helper.getPasswordAuthenticationKey(
      challenge.username,
      challenge.password,
      new loaded.BigInteger(challenge.serverPublic, 16),
      new loaded.BigInteger(challenge.salt, 16),
      (error, made) => (error === null ? resolve(made) : reject(error)),
    ),
  )
  return createHmac('sha256', key)
    .update(client.poolName)
    .update(challenge.username)
    .update(challenge.secretBlock)
    .update(challenge.timestamp)
    .digest()
}
