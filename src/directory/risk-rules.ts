// Threat protection settings: what they must satisfy, which part each Region has for itself, and how they are shown.
import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type {
  RiskConfigurationType,
  SetRiskConfigurationRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import {
  type RiskConfiguration,
  type RiskNotifier,
  riskConfigurations,
  riskNotifiers,
} from './records/pool-configuration.ts'
import type { UserPool } from './records/user-pool.ts'

export const allClients = 'ALL'

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/** Throws UserPoolAddOnNotEnabledException unless the pool has threat protection on, in either mode. */
export const requireThreatProtection = ({ settings }: Pick<UserPool, 'settings'>): void => {
  const mode = settings.UserPoolAddOns?.AdvancedSecurityMode
  if (mode !== 'AUDIT' && mode !== 'ENFORCED')
    throw new Fault(
      'UserPoolAddOnNotEnabledException',
      'Threat protection is not enabled for this user pool.',
    )
}

const isRange = (text: string): boolean => {
  const [address = '', bits] = text.split('/')
  const family = isIP(address)
  if (family === 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

/** The request as it is kept. What it leaves out is not set any more. Throws InvalidParameterException. */
export const settledRisk = (
  clientId: string,
  given: SetRiskConfigurationRequest,
  nowMs: number,
): RiskConfiguration => {
  const { AccountTakeoverRiskConfiguration: takeover, RiskExceptionConfiguration: exceptions } = given
  const actions = Object.values(takeover?.Actions ?? {})
  if (takeover?.NotifyConfiguration === undefined && actions.some((action) => action?.Notify === true))
    throw refuse('NotifyConfiguration is required when an action notifies the user.')
  for (const range of [...(exceptions?.BlockedIPRangeList ?? []), ...(exceptions?.SkippedIPRangeList ?? [])])
    if (!isRange(range)) throw refuse(`${range} is not an IP address range in CIDR notation.`)
  return {
    clientId,
    ...(given.CompromisedCredentialsRiskConfiguration === undefined
      ? {}
      : { compromisedCredentials: given.CompromisedCredentialsRiskConfiguration }),
    ...(takeover === undefined ? {} : { accountTakeover: takeover }),
    ...(exceptions === undefined ? {} : { exceptions }),
    modifiedAtMs: nowMs,
  }
}

/** A configuration without what each Region has for itself. */
const shared = ({ accountTakeover, compromisedCredentials, exceptions }: RiskConfiguration): object => {
  const { SourceArn: _arn, From: _from, ...notify } = accountTakeover?.NotifyConfiguration ?? {}
  return { actions: accountTakeover?.Actions ?? {}, notify, compromisedCredentials, exceptions }
}

/** What a secondary keeps of a request. Throws InvalidParameterException when the request changes more than its notifier. */
export const regionalRisk = (
  stored: RiskConfiguration | undefined,
  given: RiskConfiguration,
): RiskNotifier => {
  const notify = given.accountTakeover?.NotifyConfiguration
  if (
    stored === undefined ||
    !isDeepStrictEqual(shared(stored), shared(given)) ||
    notify?.SourceArn === undefined
  )
    throw refuse(
      'On a secondary replica only SourceArn and From of NotifyConfiguration can be changed. Send other changes to the primary Region.',
    )
  return {
    clientId: given.clientId,
    sourceArn: notify.SourceArn,
    ...(notify.From === undefined ? {} : { from: notify.From }),
  }
}

/** The client's configuration as this Region has it; without one only its names. */
export const describedRisk = async (
  poolId: string,
  clientId: string,
  records: Records,
): Promise<RiskConfigurationType> => {
  const names = { UserPoolId: poolId, ...(clientId === allClients ? {} : { ClientId: clientId }) }
  const [stored, notifier] = await Promise.all([
    records.get(riskConfigurations, clientId),
    records.get(riskNotifiers, clientId),
  ])
  if (stored === undefined) return names
  const { accountTakeover, compromisedCredentials, exceptions, modifiedAtMs } = stored.value
  const notify = accountTakeover?.NotifyConfiguration
  const own =
    notify === undefined || notifier === undefined
      ? {}
      : {
          NotifyConfiguration: {
            ...notify,
            SourceArn: notifier.value.sourceArn,
            From: notifier.value.from ?? notify.From,
          },
        }
  return {
    ...names,
    ...(compromisedCredentials === undefined
      ? {}
      : { CompromisedCredentialsRiskConfiguration: compromisedCredentials }),
    ...(accountTakeover === undefined
      ? {}
      : { AccountTakeoverRiskConfiguration: { ...accountTakeover, ...own } }),
    ...(exceptions === undefined ? {} : { RiskExceptionConfiguration: exceptions }),
    LastModifiedDate: new Date(modifiedAtMs),
  }
}
