// An app client as DescribeUserPoolClient shows it, and its secrets as their listing does.
import type {
  ClientSecretDescriptorType,
  UserPoolClientType,
} from '@aws-sdk/client-cognito-identity-provider'
import type { AppClient, ClientSecret } from './records/app-client.ts'

/** The newest secret is the one that is shown: after a rotation it is the one to use. */
export const describedClient = (poolId: string, client: AppClient): UserPoolClientType => ({
  UserPoolId: poolId,
  ClientName: client.name,
  ClientId: client.clientId,
  ClientSecret: client.secrets.at(-1)?.secret,
  LastModifiedDate: new Date(client.modifiedAtMs),
  CreationDate: new Date(client.createdAtMs),
  ...client.settings,
  // No client is registered dynamically yet.
  ClientType: 'REGULAR',
})

/** Without the value: only the answer that makes a secret shows it (API reference, ListUserPoolClientSecrets). */
export const describedSecret = ({ secretId, createdAtMs }: ClientSecret): ClientSecretDescriptorType => ({
  ClientSecretId: secretId,
  ClientSecretCreateDate: new Date(createdAtMs),
})
