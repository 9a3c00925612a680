// A pool's and a client's session settings: their defaults, who may set them, and how they are shown.
import type {
  GetUserPoolClientSessionConfigurationResponse,
  GetUserPoolSessionConfigurationResponse,
} from '@aws-sdk/client-cognito-identity-provider'
import { unavailableInTier } from '../directory/pool-rules.ts'
import type { AppClient } from '../directory/records/app-client.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import { isTracked } from './token-sessions.ts'

/** API reference, UserPoolTokenSessionConfigType and ClientSSOSessionConfigType. */
export const defaultTokenMaxPerUser = 20
export const defaultSsoMaxValidityMinutes = 60

/** Throws FeatureUnavailableInTierException for a pool on LITE. */
export const requireSessionsTier = ({ settings }: UserPool): void => {
  const tier = settings.UserPoolTier ?? 'ESSENTIALS'
  if (tier === 'LITE') throw unavailableInTier('Session tracking', tier)
}

export const poolSessionConfiguration = (pool: UserPool): GetUserPoolSessionConfigurationResponse => ({
  UserPoolId: pool.poolId,
  UserSessionTracking: isTracked(pool) ? 'ENABLED' : 'DISABLED',
  TokenSession: { MaxPerUser: pool.sessions?.tokenMaxPerUser ?? defaultTokenMaxPerUser },
})

export const clientSessionConfiguration = (
  poolId: string,
  client: AppClient,
): GetUserPoolClientSessionConfigurationResponse => ({
  UserPoolId: poolId,
  ClientId: client.clientId,
  SSOSession: { MaxValidityMinutes: client.ssoMaxValidityMinutes ?? defaultSsoMaxValidityMinutes },
})
