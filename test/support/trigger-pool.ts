// A pool with Lambda triggers and an app client, through the AWS SDK, and the steps that set its triggers off.
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type AuthFlowType,
  type CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
  InitiateAuthCommand,
  type LambdaConfigType,
} from '@aws-sdk/client-cognito-identity-provider'

export const password = 'Unguessable-1'

export type TriggerPool = { readonly poolId: string; readonly clientId: string }

export const makeTriggerPool = async (
  cognito: CognitoIdentityProviderClient,
  LambdaConfig: LambdaConfigType,
  pool: Partial<CreateUserPoolCommandInput> = {},
  client: Partial<CreateUserPoolClientCommandInput> = {},
): Promise<TriggerPool> => {
  const { UserPool } = await cognito.send(
    new CreateUserPoolCommand({
      PoolName: 'triggers',
      LambdaConfig,
      AutoVerifiedAttributes: ['email'],
      ...pool,
    }),
  )
  const poolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'app',
      ExplicitAuthFlows: [
        'ALLOW_USER_PASSWORD_AUTH',
        'ALLOW_USER_SRP_AUTH',
        'ALLOW_CUSTOM_AUTH',
        'ALLOW_REFRESH_TOKEN_AUTH',
      ],
      ...client,
    }),
  )
  return { poolId, clientId: UserPoolClient?.ClientId ?? '' }
}

/** A confirmed user with `password` and a verified e-mail address. */
export const makeUser = async (
  cognito: CognitoIdentityProviderClient,
  { poolId }: TriggerPool,
  Username: string,
): Promise<void> => {
  await cognito.send(
    new AdminCreateUserCommand({
      UserPoolId: poolId,
      Username,
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'email', Value: `${Username}@example.com` },
        { Name: 'email_verified', Value: 'true' },
      ],
    }),
  )
  await cognito.send(
    new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username, Password: password, Permanent: true }),
  )
}

export const initiate = (
  cognito: CognitoIdentityProviderClient,
  { clientId }: TriggerPool,
  AuthFlow: AuthFlowType,
  AuthParameters: Record<string, string>,
  ClientMetadata?: Record<string, string>,
) =>
  cognito.send(
    new InitiateAuthCommand({
      ClientId: clientId,
      AuthFlow,
      AuthParameters,
      ...(ClientMetadata === undefined ? {} : { ClientMetadata }),
    }),
  )

export const signIn = (
  cognito: CognitoIdentityProviderClient,
  pool: TriggerPool,
  USERNAME: string,
  ClientMetadata?: Record<string, string>,
) => initiate(cognito, pool, 'USER_PASSWORD_AUTH', { USERNAME, PASSWORD: password }, ClientMetadata)

export const claimsOf = (jwt: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>
