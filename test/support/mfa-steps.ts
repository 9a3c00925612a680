// What tests of second factors do again and again: pools with factors, codes of an authenticator app, answers to challenges.
import {
  AssociateSoftwareTokenCommand,
  type ChallengeNameType,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  type SetUserMFAPreferenceRequest,
  SetUserPoolMfaConfigCommand,
  type SetUserPoolMfaConfigRequest,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { TOTP } from 'otpauth'
import type { SigninRegion } from './signin-region.ts'
import { stepsOf } from './signin-steps.ts'

export const smsSettings = {
  SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/service-role/sms' },
}

export const everyFactor: Partial<SetUserPoolMfaConfigRequest> = {
  SoftwareTokenMfaConfiguration: { Enabled: true },
  SmsMfaConfiguration: smsSettings,
  EmailMfaConfiguration: { Message: 'Code {####}', Subject: 'Sign in' },
}

export const mfaStepsOf = (region: SigninRegion) => {
  const steps = stepsOf(region)

  const makeMfaPool = async (
    MfaConfiguration: 'OFF' | 'ON' | 'OPTIONAL',
    factors = everyFactor,
    pool: Parameters<typeof steps.makePool>[0] = {},
    client: Parameters<typeof steps.makePool>[1] = {},
  ) => {
    const made = await steps.makePool(pool, client)
    await region.client.send(
      new SetUserPoolMfaConfigCommand({ UserPoolId: made.poolId, MfaConfiguration, ...factors }),
    )
    return made
  }

  /** The code that an authenticator app shows, `steps` of 30 seconds from now. */
  const totp = (secret: string | undefined, later = 0): string =>
    new TOTP({ secret: secret ?? '' }).generate({ timestamp: region.runtime.clock.now() + later * 30_000 })

  const answer = (
    ClientId: string,
    ChallengeName: ChallengeNameType,
    Session: string | undefined,
    ChallengeResponses: Record<string, string>,
    client = region.client,
  ) =>
    client.send(new RespondToAuthChallengeCommand({ ClientId, ChallengeName, Session, ChallengeResponses }))

  /** Tokens of a user who has no second factor yet. */
  const accessTokenOf = async (clientId: string, name: string): Promise<string> => {
    const { AuthenticationResult } = await steps.signIn(clientId, name)
    if (AuthenticationResult?.AccessToken === undefined) throw new Error(`${name} was not signed in`)
    return AuthenticationResult.AccessToken
  }

  const setPreference = (AccessToken: string, preference: Omit<SetUserMFAPreferenceRequest, 'AccessToken'>) =>
    region.client.send(new SetUserMFAPreferenceCommand({ AccessToken, ...preference }))

  /** Sets a software token up for a signed-in user and returns its secret. */
  const setUpTotp = async (AccessToken: string, FriendlyDeviceName?: string): Promise<string> => {
    const { SecretCode } = await region.client.send(new AssociateSoftwareTokenCommand({ AccessToken }))
    await region.client.send(
      new VerifySoftwareTokenCommand({ AccessToken, UserCode: totp(SecretCode), FriendlyDeviceName }),
    )
    return SecretCode ?? ''
  }

  const lastCode = (): string => region.sent.at(-1)?.code ?? ''

  return { ...steps, makeMfaPool, totp, answer, accessTokenOf, setPreference, setUpTotp, lastCode }
}
