// The table of challenges: what each answer to one leads to.
import type {
  ChallengeNameType,
  RespondToAuthChallengeRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import { readPool } from '../directory/read-pool.ts'
import { Fault } from '../wire/fault.ts'
import { answerFactor, selectFactor, setUpFactor } from './answer-second-factor.ts'
import { answerPassword, answerPasswordSrp, selectChallenge } from './choice-sign-in.ts'
import { afterPasswordVerifier, answerCustomChallenge } from './custom-auth.ts'
import { startDeviceSrp, verifyDeviceSrp } from './device-sign-in.ts'
import { setNewPassword } from './new-password.ts'
import { answerOneTimePassword, isFirstFactorSession } from './one-time-password.ts'
import { answerPasskey } from './passkey-sign-in.ts'
import {
  clientOfPool,
  type SignInAnswer,
  type SignInContext,
  type SignInStep,
  usernameParameter,
} from './sign-in-request.ts'
import { verifySrpThen } from './srp-sign-in.ts'
import type { GivenContext } from './threat/origin.ts'
import { watched } from './threat/watch.ts'

const steps: Partial<Record<ChallengeNameType, SignInStep>> = {
  PASSWORD_VERIFIER: verifySrpThen(afterPasswordVerifier),
  CUSTOM_CHALLENGE: answerCustomChallenge,
  NEW_PASSWORD_REQUIRED: setNewPassword,
  SMS_MFA: answerFactor('SMS_MFA'),
  EMAIL_OTP: async (request) =>
    (await isFirstFactorSession(request, 'EMAIL_OTP'))
      ? answerOneTimePassword('EMAIL_OTP')(request)
      : answerFactor('EMAIL_OTP')(request),
  SOFTWARE_TOKEN_MFA: answerFactor('SOFTWARE_TOKEN_MFA'),
  SELECT_MFA_TYPE: selectFactor,
  MFA_SETUP: setUpFactor,
  DEVICE_SRP_AUTH: startDeviceSrp,
  DEVICE_PASSWORD_VERIFIER: verifyDeviceSrp,
  SELECT_CHALLENGE: selectChallenge,
  PASSWORD: answerPassword,
  PASSWORD_SRP: answerPasswordSrp,
  WEB_AUTHN: answerPasskey,
  SMS_OTP: answerOneTimePassword('SMS_OTP'),
}

/** What an answer proves, as the events of threat protection tell it. */
const checked: Partial<Record<ChallengeNameType, 'Password' | 'Mfa'>> = {
  PASSWORD_VERIFIER: 'Password',
  PASSWORD: 'Password',
  SMS_MFA: 'Mfa',
  EMAIL_OTP: 'Mfa',
  SMS_OTP: 'Mfa',
  SOFTWARE_TOKEN_MFA: 'Mfa',
}

/** Goes on with a sign-in. Whether the client may is in the session: it opens for the client that it was made for only. */
export const respondToChallenge = async (
  input: Pick<
    RespondToAuthChallengeRequest,
    'ChallengeName' | 'ChallengeResponses' | 'ClientId' | 'ClientMetadata' | 'Session'
  > &
    GivenContext,
  context: SignInContext,
): Promise<SignInAnswer> => {
  const client = await clientOfPool(input.ClientId ?? '', context.pool)
  const step = input.ChallengeName === undefined ? undefined : steps[input.ChallengeName]
  if (step === undefined)
    throw new Fault(
      'InvalidParameterException',
      `Challenge ${input.ChallengeName} was not issued by this user pool.`,
    )
  // Every challenge wants it, and Amazon misses it first.
  usernameParameter(input.ChallengeResponses ?? {})
  const request = {
    client,
    pool: (await readPool(context.pool)).value,
    parameters: input.ChallengeResponses ?? {},
    session: input.Session,
    clientMetadata: input.ClientMetadata,
    hasBegun: true,
    context,
  }
  const checks = input.ChallengeName === undefined ? undefined : checked[input.ChallengeName]
  const about = {
    isCustom: input.ChallengeName === 'CUSTOM_CHALLENGE',
    given: input,
    ...(checks === undefined ? {} : { checks }),
  }
  return watched(request, about, step)
}
