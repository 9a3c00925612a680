// Settings of a pool beside its own record: threat protection, log delivery, provisioned limits, the certificate that SAML requests are signed with.
import type {
  AccountTakeoverRiskConfigurationType,
  CompromisedCredentialsRiskConfigurationType,
  LogConfigurationType,
  RiskExceptionConfigurationType,
} from '@aws-sdk/client-cognito-identity-provider'
import { collection } from '../../vault/collection.ts'

/** `clientId` is ALL for what every client without its own has. */
export type RiskConfiguration = {
  readonly clientId: string
  readonly compromisedCredentials?: CompromisedCredentialsRiskConfigurationType
  readonly accountTakeover?: AccountTakeoverRiskConfigurationType
  readonly exceptions?: RiskExceptionConfigurationType
  readonly modifiedAtMs: number
}

export const riskConfigurations = collection<RiskConfiguration, 'replicated'>('risk-configurations', {
  locality: 'replicated',
  keyOf: ({ clientId }) => clientId,
})

/** Who sends a replica's notifications: the one part of a risk configuration that each Region has for itself. */
export type RiskNotifier = {
  readonly clientId: string
  readonly sourceArn: string
  readonly from?: string
}

export const riskNotifiers = collection<RiskNotifier, 'regional'>('risk-notifiers', {
  locality: 'regional',
  keyOf: ({ clientId }) => clientId,
})

export type LogDelivery = {
  readonly poolId: string
  readonly configurations: readonly LogConfigurationType[]
}

export const logDeliveries = collection<LogDelivery, 'regional'>('log-deliveries', {
  locality: 'regional',
  keyOf: ({ poolId }) => poolId,
})

/** Requests a second that a category of operations may have in this Region. Without one there is no limit. */
export type ProvisionedLimit = { readonly category: string; readonly perSecond: number }

export const provisionedLimits = collection<ProvisionedLimit, 'regional'>('provisioned-limits', {
  locality: 'regional',
  keyOf: ({ category }) => category,
})

/** Made when it is first asked for; the private key is PKCS #8, base64. */
export type SigningCertificate = {
  readonly poolId: string
  /** DER, base64. */
  readonly certificate: string
  readonly privateKey: string
}

export const signingCertificates = collection<SigningCertificate, 'replicated'>('signing-certificates', {
  locality: 'replicated',
  keyOf: ({ poolId }) => poolId,
})
