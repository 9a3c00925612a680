// What a pool's threat protection does for a client: in which mode, with which actions, and for whom not at all.
import type { AccountTakeoverActionType, EventFilterType } from '@aws-sdk/client-cognito-identity-provider'
import type { CompromisedPasswords } from '../../directory/compromised-passwords-port.ts'
import { type RiskConfiguration, riskConfigurations } from '../../directory/records/pool-configuration.ts'
import type { UserPool } from '../../directory/records/user-pool.ts'
import { allClients } from '../../directory/risk-rules.ts'
import type { Records } from '../../vault/records.ts'
import { Fault } from '../../wire/fault.ts'
import type { RiskLevel } from './assessment.ts'

export type ThreatMode = 'OFF' | 'AUDIT' | 'ENFORCED'

/** Custom authentication has a mode of its own (API reference, UserPoolAddOnsType). */
export const threatModeOf = ({ settings }: Pick<UserPool, 'settings'>, isCustom = false): ThreatMode => {
  const addOns = settings.UserPoolAddOns
  const mode = isCustom
    ? addOns?.AdvancedSecurityAdditionalFlows?.CustomAuthMode
    : addOns?.AdvancedSecurityMode
  return mode === 'AUDIT' || mode === 'ENFORCED' ? mode : 'OFF'
}

/** The client's own configuration, or the pool's for all clients; undefined when neither was set. */
export const protectionOf = async (
  records: Pick<Records, 'get'>,
  clientId: string,
): Promise<RiskConfiguration | undefined> =>
  (await records.get(riskConfigurations, clientId))?.value ??
  (await records.get(riskConfigurations, allClients))?.value

export const takeoverActionOf = (
  configuration: RiskConfiguration | undefined,
  level: RiskLevel,
): AccountTakeoverActionType | undefined => {
  const actions = configuration?.accountTakeover?.Actions
  return { Low: actions?.LowAction, Medium: actions?.MediumAction, High: actions?.HighAction }[level]
}

/** Whether passwords of the list are refused in this kind of event; without a filter in all of them. */
export const blocksCompromised = (
  configuration: RiskConfiguration | undefined,
  event: EventFilterType,
): boolean => {
  const compromised = configuration?.compromisedCredentials
  return (
    compromised?.Actions?.EventAction === 'BLOCK' &&
    (compromised.EventFilter === undefined || compromised.EventFilter.includes(event))
  )
}

export const compromisedPassword = (): Fault =>
  new Fault('InvalidPasswordException', 'Provided password cannot be used for security reasons.')

export const blockedSignIn = (): Fault =>
  new Fault('NotAuthorizedException', 'Unable to login because of security reasons.')

/** Throws InvalidPasswordException for a password of the list, where the client is protected from it. */
export const requireUncompromised = async (
  password: string,
  event: 'SIGN_UP' | 'PASSWORD_CHANGE',
  about: {
    readonly userPool: UserPool
    readonly clientId: string
    readonly records: Pick<Records, 'get'>
    readonly compromised: CompromisedPasswords | undefined
  },
): Promise<void> => {
  if (threatModeOf(about.userPool) !== 'ENFORCED' || about.compromised?.has(password) !== true) return
  if (blocksCompromised(await protectionOf(about.records, about.clientId), event)) throw compromisedPassword()
}
