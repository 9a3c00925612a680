// Custom senders: functions that deliver messages themselves, and get the code under the AWS Encryption SDK.
import { buildClient, CommitmentPolicy, KMS, KmsKeyringNode } from '@aws-crypto/client-node'
import {
  AdminCreateUserCommand,
  AdminSetUserMFAPreferenceCommand,
  ConfirmSignUpCommand,
  ForgotPasswordCommand,
  RespondToAuthChallengeCommand,
  SetUserPoolMfaConfigCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  functionArn,
  type LambdaCall,
  type LambdaEndpoint,
  startLambdaEndpoint,
} from '../support/lambda-endpoint.ts'
import { lastMessage } from '../support/region-inbox.ts'
import { startRegions } from '../support/regions.ts'
import { makeTriggerPool, makeUser, password, signIn, type TriggerPool } from '../support/trigger-pool.ts'

let lambda: LambdaEndpoint
let regions: Awaited<ReturnType<typeof startRegions>>
let keyArn = ''
let pool: TriggerPool
const cognito = () => regions.cognito('us-east-1')
const senders = (KMSKeyID: string) => ({
  KMSKeyID,
  CustomEmailSender: { LambdaArn: functionArn('Email'), LambdaVersion: 'V1_0' as const },
  CustomSMSSender: { LambdaArn: functionArn('Sms'), LambdaVersion: 'V1_0' as const },
  CustomMessage: functionArn('Message'),
})
const makeKey = async (): Promise<string> => {
  const { KeyMetadata } = await regions.kms('us-east-1').send(new CreateKeyCommand({}))
  return KeyMetadata?.Arn ?? ''
}

beforeAll(async () => {
  lambda = await startLambdaEndpoint()
  regions = await startRegions(['us-east-1'], { lambda: { endpoint: lambda.origin } })
  keyArn = await makeKey()
  pool = await makeTriggerPool(cognito(), senders(keyArn))
})
afterAll(async () => {
  await regions.close()
  await lambda.close()
})
beforeEach(() => {
  // Custom senders need not return anything.
  for (const name of ['Email', 'Sms']) lambda.define(name, () => undefined)
  lambda.clear()
})

/** What a function does with `request.code`. */
const decrypted = async (call: LambdaCall | undefined) => {
  const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
  const client = new KMS({
    region: 'us-east-1',
    endpoint: regions.origins['us-east-1'] ?? '',
    credentials: regions.credentials,
  })
  const keyring = new KmsKeyringNode({ keyIds: [keyArn], clientProvider: () => client })
  const { plaintext, messageHeader } = await decrypt(
    keyring,
    Buffer.from(String(call?.event.request.code), 'base64'),
  )
  client.destroy()
  return { code: plaintext.toString('utf8'), context: messageHeader.encryptionContext }
}

const signUp = (at: TriggerPool, Username: string) =>
  cognito().send(
    new SignUpCommand({
      ClientId: at.clientId,
      Username,
      Password: password,
      UserAttributes: [{ Name: 'email', Value: `${Username}@example.com` }],
      ClientMetadata: { source: 'app' },
    }),
  )

describe('a custom sender', () => {
  it('gets the code encrypted under the pool’s key, and nothing else is sent', async () => {
    const { CodeDeliveryDetails } = await signUp(pool, 'ana')
    expect(CodeDeliveryDetails?.Destination).toBe('a***@e***')
    const [call] = lambda.callsOf('CustomEmailSender_SignUp')
    expect(call?.event).toMatchObject({
      version: '1',
      userName: 'ana',
      callerContext: { clientId: pool.clientId },
      request: {
        type: 'customEmailSenderRequestV1',
        clientMetadata: { source: 'app' },
        userAttributes: { email: 'ana@example.com', 'cognito:user_status': 'UNCONFIRMED' },
      },
    })
    const { code, context } = await decrypted(call)
    expect(context['userpool-id']).toBe(pool.poolId)
    await cognito().send(
      new ConfirmSignUpCommand({ ClientId: pool.clientId, Username: 'ana', ConfirmationCode: code }),
    )
    expect(lambda.calls).toHaveLength(1)
    await expect(lastMessage(regions, pool.poolId, 'ana@example.com')).rejects.toThrow('nothing was sent')
  })

  it('gets invitations by e-mail and SMS, resets, and the codes of a sign-in', async () => {
    await cognito().send(
      new AdminCreateUserCommand({
        UserPoolId: pool.poolId,
        Username: 'bo',
        TemporaryPassword: 'Temporary-1',
        DesiredDeliveryMediums: ['EMAIL', 'SMS'],
        UserAttributes: [
          { Name: 'email', Value: 'bo@example.com' },
          { Name: 'phone_number', Value: '+15550100001' },
        ],
      }),
    )
    expect(lambda.calls.map(({ name, event }) => [name, event.triggerSource])).toEqual([
      ['Email', 'CustomEmailSender_AdminCreateUser'],
      ['Sms', 'CustomSMSSender_AdminCreateUser'],
    ])
    expect(lambda.calls[1]?.event.request.type).toBe('customSMSSenderRequestV1')
    expect((await decrypted(lambda.calls[1])).code).toBe('Temporary-1')

    await makeUser(cognito(), pool, 'cy')
    await cognito().send(new ForgotPasswordCommand({ ClientId: pool.clientId, Username: 'cy' }))
    expect(lambda.callsOf('CustomEmailSender_ForgotPassword')).toHaveLength(1)

    const secured = await makeTriggerPool(cognito(), senders(keyArn), {
      EmailConfiguration: {
        EmailSendingAccount: 'DEVELOPER',
        SourceArn: 'arn:aws:ses:us-east-1:000000000000:identity/example.com',
      },
    })
    await cognito().send(
      new SetUserPoolMfaConfigCommand({
        UserPoolId: secured.poolId,
        MfaConfiguration: 'OPTIONAL',
        EmailMfaConfiguration: { Message: 'code {####}', Subject: 'code' },
      }),
    )
    await makeUser(cognito(), secured, 'dee')
    await cognito().send(
      new AdminSetUserMFAPreferenceCommand({
        UserPoolId: secured.poolId,
        Username: 'dee',
        EmailMfaSettings: { Enabled: true, PreferredMfa: true },
      }),
    )
    const { ChallengeName, Session } = await signIn(cognito(), secured, 'dee')
    expect(ChallengeName).toBe('EMAIL_OTP')
    const { code } = await decrypted(lambda.callsOf('CustomEmailSender_Authentication')[0])
    const { AuthenticationResult } = await cognito().send(
      new RespondToAuthChallengeCommand({
        ClientId: secured.clientId,
        ChallengeName: 'EMAIL_OTP',
        Session,
        ChallengeResponses: { USERNAME: 'dee', EMAIL_OTP_CODE: code },
      }),
    )
    expect(AuthenticationResult?.AccessToken).toBeDefined()
  })

  it('that fails is not the caller’s to hear of', async () => {
    lambda.define('Email', () => {
      throw new Error('the provider is down')
    })
    await signUp(pool, 'eve')
    expect(lambda.callsOf('CustomEmailSender_SignUp')).toHaveLength(1)
  })

  it('is not called when its key can’t be used: the answer names the key', async () => {
    const disabled = await makeKey()
    const other = await makeTriggerPool(cognito(), senders(disabled))
    await regions.kms('us-east-1').send(new DisableKeyCommand({ KeyId: disabled }))
    await expect(signUp(other, 'fay')).rejects.toMatchObject({
      name: 'UnexpectedLambdaException',
      message: expect.stringContaining(disabled) as string,
    })
    expect(lambda.calls).toEqual([])
  })
})
