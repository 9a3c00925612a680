// Who may sign requests to this Region: the account's access keys, and the Region's own parts as service principals.
import { decideBy, type IdentityPolicy } from '../iam/identity-policy.ts'
import type { Credential, CredentialLookup } from '../wire/service.ts'

/** An access key of the account's root, or, with a name, of a user who may do what the policies say. */
export type AccessKey = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly userName?: string | undefined
  readonly policies?: readonly IdentityPolicy[] | undefined
}

const credentialOf = (key: AccessKey, account: string): Credential => {
  const { accessKeyId, secretAccessKey, userName, policies = [] } = key
  const caller =
    userName === undefined
      ? ({ kind: 'account', account, arn: `arn:aws:iam::${account}:root` } as const)
      : ({
          kind: 'account',
          account,
          arn: `arn:aws:iam::${account}:user/${userName}`,
          decide: decideBy(policies),
        } as const)
  return { accessKeyId, secretAccessKey, caller }
}

export const credentialLookup = (
  accessKeys: readonly AccessKey[],
  account: string,
  serviceCredentials: readonly Credential[],
): CredentialLookup => {
  const byId = new Map(
    [...accessKeys.map((key) => credentialOf(key, account)), ...serviceCredentials].map((credential) => [
      credential.accessKeyId,
      credential,
    ]),
  )
  return (accessKeyId) => byId.get(accessKeyId)
}
