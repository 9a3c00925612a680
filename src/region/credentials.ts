// Who may sign requests to this Region: the account's access keys, and the Region's own parts as service principals.
import type { Credential, CredentialLookup } from '../wire/service.ts'

export const credentialLookup = (
  accessKeys: readonly { readonly accessKeyId: string; readonly secretAccessKey: string }[],
  account: string,
  serviceCredentials: readonly Credential[],
): CredentialLookup => {
  const owner = { kind: 'account', account, arn: `arn:aws:iam::${account}:root` } as const
  const byId = new Map<string, Credential>([
    ...accessKeys.map((key): [string, Credential] => [key.accessKeyId, { ...key, caller: owner }]),
    ...serviceCredentials.map((credential): [string, Credential] => [credential.accessKeyId, credential]),
  ])
  return (accessKeyId) => byId.get(accessKeyId)
}
