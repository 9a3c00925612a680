// An app client's settings with Amazon's defaults: what Create- and UpdateUserPoolClient make of a request.
import type {
  ExplicitAuthFlowsType,
  UpdateUserPoolClientRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import { withoutUndefined } from './pool-settings.ts'
import type { AppClient } from './records/app-client.ts'
import { defaultAuthSessionMinutes, tokenRules, unitMs } from './token-lifetimes.ts'

export type GivenClient = Omit<UpdateUserPoolClientRequest, 'UserPoolId' | 'ClientId' | 'ClientName'>

/** Flows of a client that names none (API reference, CreateUserPoolClient). */
const defaultFlows = (given: GivenClient): ExplicitAuthFlowsType[] => [
  // A client whose refresh tokens rotate can't use the flow that doesn't rotate them.
  ...(given.RefreshTokenRotation?.Feature === 'ENABLED' ? [] : (['ALLOW_REFRESH_TOKEN_AUTH'] as const)),
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_CUSTOM_AUTH',
]

/** 30 days in the unit that the request asks for; a value of 0 counts as none. */
const refreshTokenValidity = ({ RefreshTokenValidity, TokenValidityUnits }: GivenClient): number => {
  const { defaultMs, defaultUnit } = tokenRules.RefreshToken
  return RefreshTokenValidity || defaultMs / unitMs[TokenValidityUnits?.RefreshToken ?? defaultUnit]
}

const unlessEmpty = <Item>(items: Item[] | undefined): Item[] | undefined =>
  items === undefined || items.length === 0 ? undefined : items

/** What is left out has its default; what DescribeUserPoolClient doesn't show by default stays absent. */
export const settledClientSettings = (given: GivenClient): AppClient['settings'] =>
  withoutUndefined({
    RefreshTokenValidity: refreshTokenValidity(given),
    AccessTokenValidity: given.AccessTokenValidity,
    IdTokenValidity: given.IdTokenValidity,
    TokenValidityUnits: given.TokenValidityUnits ?? {},
    ReadAttributes: unlessEmpty(given.ReadAttributes),
    WriteAttributes: unlessEmpty(given.WriteAttributes),
    ExplicitAuthFlows: unlessEmpty(given.ExplicitAuthFlows) ?? defaultFlows(given),
    SupportedIdentityProviders: unlessEmpty(given.SupportedIdentityProviders),
    CallbackURLs: unlessEmpty(given.CallbackURLs),
    LogoutURLs: unlessEmpty(given.LogoutURLs),
    DefaultRedirectURI: given.DefaultRedirectURI,
    AllowedOAuthFlows: unlessEmpty(given.AllowedOAuthFlows),
    AllowedOAuthScopes: unlessEmpty(given.AllowedOAuthScopes),
    AllowedOAuthFlowsUserPoolClient: given.AllowedOAuthFlowsUserPoolClient ?? false,
    AnalyticsConfiguration: given.AnalyticsConfiguration,
    PreventUserExistenceErrors: given.PreventUserExistenceErrors,
    EnableTokenRevocation: given.EnableTokenRevocation ?? true,
    EnablePropagateAdditionalUserContextData: given.EnablePropagateAdditionalUserContextData ?? false,
    AuthSessionValidity: given.AuthSessionValidity ?? defaultAuthSessionMinutes,
    RefreshTokenRotation: given.RefreshTokenRotation,
  })
