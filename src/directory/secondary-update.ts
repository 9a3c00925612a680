// What UpdateUserPool and SetUserPoolMfaConfig may change on a secondary: regional settings only (spec/replication.md, "What travels").
import { isDeepStrictEqual } from 'node:util'
import type { UpdateUserPoolRequest } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'
import { policiesAfter, settledSettings, withoutUndefined } from './pool-settings.ts'
import type { RegisteredPool, UserPool } from './records/user-pool.ts'

/** Members of UpdateUserPool that belong to each replica, or that say which pool it is. */
const regionalMembers: readonly string[] = [
  'UserPoolId',
  'EmailConfiguration',
  'SmsConfiguration',
  'LambdaConfig',
  'UserPoolTags',
]

/** The refusal of a member that only the primary can change. */
export const isGlobalSetting = (member: string, { primaryRegion }: RegisteredPool): Fault =>
  new Fault(
    'InvalidParameterException',
    `${member} is a global setting of the user pool: it can only be changed in its primary Region, ${primaryRegion}.`,
  )

const currentOf = (pool: UserPool, kmsKeyArn: string | undefined): Record<string, unknown> => ({
  PoolName: pool.name,
  KeyConfiguration:
    kmsKeyArn === undefined
      ? { KeyType: 'AWS_OWNED_KEY' }
      : { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: kmsKeyArn },
})

/** Throws InvalidParameterException for a global setting that is given and differs from what the pool has. */
export const checkOnlyRegionalChanges = (
  input: UpdateUserPoolRequest,
  about: {
    readonly pool: UserPool
    readonly registered: RegisteredPool
    /** The key as this Region names it. */
    readonly kmsKeyArn: string | undefined
  },
): void => {
  const { pool, registered, kmsKeyArn } = about
  const current = currentOf(pool, kmsKeyArn)
  for (const [member, given] of Object.entries(input)) {
    if (given === undefined || regionalMembers.includes(member)) continue
    const isSame =
      member in current
        ? isDeepStrictEqual(withoutUndefined(given), current[member])
        : isDeepStrictEqual(
            settledSettings({
              ...pool.settings,
              [member]: given,
              Policies: policiesAfter({ [member]: given }, pool.settings),
            }),
            pool.settings,
          )
    if (!isSame) throw isGlobalSetting(member, registered)
  }
}
