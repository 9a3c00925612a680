// A pool as DescribeUserPool and CreateUserPool show it.
import type { UserPoolType } from '@aws-sdk/client-cognito-identity-provider'
import type { RegionalSettings, UserPool, UserPoolDomain } from './records/user-pool.ts'

export type PoolParts = {
  readonly pool: UserPool
  readonly regional: RegionalSettings
  readonly arn: string
  readonly userCount: number
  readonly domains: readonly UserPoolDomain[]
  /** Absent for the service-owned key, which isn't shown. */
  readonly kmsKeyArn?: string | undefined
}

export const describedPool = (parts: PoolParts): UserPoolType => {
  const { pool, regional, domains, kmsKeyArn } = parts
  const prefix = domains.find(({ custom }) => custom === undefined)
  const custom = domains.find((domain) => domain.custom !== undefined)
  return {
    Id: pool.poolId,
    Name: pool.name,
    ...pool.settings,
    LambdaConfig: regional.lambda ?? {},
    LastModifiedDate: new Date(pool.modifiedAtMs),
    CreationDate: new Date(pool.createdAtMs),
    SchemaAttributes: [...pool.schema],
    EstimatedNumberOfUsers: parts.userCount,
    EmailConfiguration: regional.email,
    SmsConfiguration: regional.sms,
    UserPoolTags: { ...regional.tags },
    Domain: prefix?.domain,
    CustomDomain: custom?.domain,
    Arn: parts.arn,
    KeyConfiguration:
      kmsKeyArn === undefined ? undefined : { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: kmsKeyArn },
  }
}
