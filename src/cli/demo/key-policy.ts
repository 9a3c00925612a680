// The key policy that a replicated pool needs in each Region ("Encryption at rest", Amazon Cognito Developer Guide).

const servicePrincipals = ['cognito-idp.amazonaws.com', 'identitystore.amazonaws.com']
const useActions = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKeyWithoutPlaintext']

/** The pool doesn't exist yet, so its ARN is left open; the account is not. */
export const keyPolicy = (account: string, region: string): string => {
  const ofThisAccount = { StringEquals: { 'aws:SourceAccount': account } }
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'The account manages the key',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
      {
        Sid: 'User pools and their replication use the key',
        Effect: 'Allow',
        Principal: { Service: servicePrincipals },
        Action: useActions,
        Resource: '*',
        Condition: {
          ...ofThisAccount,
          ArnLike: { 'aws:SourceArn': `arn:aws:cognito-idp:*:${account}:userpool/*` },
        },
      },
      {
        Sid: 'User pools and their replication look at the key',
        Effect: 'Allow',
        Principal: { Service: servicePrincipals },
        Action: 'kms:DescribeKey',
        Resource: '*',
        Condition: ofThisAccount,
      },
      {
        Sid: 'Callers use the key through user pools',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: [...useActions, 'kms:DescribeKey'],
        Resource: '*',
        Condition: { StringEquals: { 'kms:ViaService': `cognito-idp.${region}.amazonaws.com` } },
      },
    ],
  })
}
