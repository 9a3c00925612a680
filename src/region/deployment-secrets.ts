// Secrets that the Regions of a deployment share, each derived from the one deployment secret for one purpose (HKDF, RFC 5869).
import { createHmac, hkdfSync } from 'node:crypto'
import type { DataKey } from '../vault/envelope.ts'
import { type ServicePrincipal, servicePrincipals } from '../vault/key-service-client.ts'
import type { Credential } from '../wire/service.ts'
import { derivedKeySeedBytes } from '../x509/derived-key.ts'

const deploymentSecretBytes = 32

export type DeploymentSecrets = {
  /** Bearer token by which the router asks a Region where a pool is. */
  readonly routerToken: string
  /** Seals calls, answers and streams between Regions. */
  readonly peerKey: DataKey
  /** From which every Region makes the key of the authority that certifies the Regions to each other. */
  readonly peerAuthoritySeed: Buffer
  /** Seals key material on its way to a related key in another Region. */
  readonly transportKey: DataKey
  /** The credentials by which this Region's parts call its key service as service principals. */
  readonly serviceCredentials: Readonly<Record<ServicePrincipal, Credential>>
  /**
   * By which this Region encrypts the codes of custom senders. On Amazon, whoever sets a pool's KMSKeyID hands Cognito a grant on the key;
   * here the account that owns the deployment stands for it, so a key's default policy lets it in as it does there.
   */
  readonly codeCredential: Credential
}

/** Derives them. Throws RangeError when the secret has another length than 32 bytes. */
export const deriveSecrets = (
  deploymentSecret: string,
  region: string,
  account: string,
): DeploymentSecrets => {
  const secret = Buffer.from(deploymentSecret, 'base64')
  if (secret.length !== deploymentSecretBytes)
    throw new RangeError(`the deployment secret is ${deploymentSecretBytes} bytes in base64`)
  const derive = (purpose: string, bytes = 32): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), `twinpool ${purpose}`, bytes))
  const credentialOf = (principal: ServicePrincipal): Credential => ({
    accessKeyId: `SERVICE${derive(`key id ${region} ${principal}`).toString('hex').slice(0, 13).toUpperCase()}`,
    secretAccessKey: derive(`key secret ${region} ${principal}`).toString('base64'),
    caller: { kind: 'service', account, principal },
  })
  const codeCredential: Credential = {
    accessKeyId: `SERVICE${derive(`key id ${region} codes`).toString('hex').slice(0, 13).toUpperCase()}`,
    secretAccessKey: derive(`key secret ${region} codes`).toString('base64'),
    caller: { kind: 'account', account, arn: `arn:aws:iam::${account}:root` },
  }
  const [cognito, identityStore] = servicePrincipals
  return {
    routerToken: routerTokenOf(deploymentSecret),
    peerKey: { id: 1, bytes: derive('sealed peer calls') },
    peerAuthoritySeed: derive('peer authority', derivedKeySeedBytes),
    transportKey: { id: 1, bytes: derive('key material transport') },
    serviceCredentials: { [cognito]: credentialOf(cognito), [identityStore]: credentialOf(identityStore) },
    codeCredential,
  }
}

/** The bearer token by which the router asks Regions where a pool is. */
export const routerTokenOf = (deploymentSecret: string): string =>
  createHmac('sha256', Buffer.from(deploymentSecret, 'base64')).update('twinpool router').digest('hex')
