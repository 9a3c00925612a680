// What the steps act on: a running deployment and real SDK clients for each of its Regions.
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import type { Supervisor } from '../supervisor.ts'

export type RegionClients = {
  readonly region: string
  readonly origin: string
  readonly kms: KMSClient
  readonly cognito: CognitoIdentityProviderClient
}

export type Stage = {
  readonly supervisor: Supervisor
  readonly account: string
  readonly routerOrigin: string
  readonly primary: RegionClients
  readonly secondary: RegionClients
}

const clientsOf = ({ endpoints, accessKey }: Supervisor, region: string): RegionClients => {
  const origin = endpoints.regions[region]
  if (origin === undefined) throw new RangeError(`${region} is not a Region of this deployment`)
  const options = { region, endpoint: origin, credentials: accessKey }
  return { region, origin, kms: new KMSClient(options), cognito: new CognitoIdentityProviderClient(options) }
}

export const createStage = (supervisor: Supervisor, primary: string, secondary: string): Stage => ({
  supervisor,
  account: supervisor.endpoints.account,
  routerOrigin: supervisor.endpoints.router,
  primary: clientsOf(supervisor, primary),
  secondary: clientsOf(supervisor, secondary),
})

/** Something that a step found to hold; it appears on the terminal at once. */
export type Prove = (fact: string) => void
