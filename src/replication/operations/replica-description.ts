// A replica as the operations answer it (UserPoolReplicaType).
import type { UserPoolReplicaType } from '@aws-sdk/client-cognito-identity-provider'
import type { Replica } from '../../directory/records/user-pool.ts'

/** The pool's ARN differs from Region to Region in nothing but the Region (spec/replication.md, "Names"). */
export const replicaDescription = (
  replica: Pick<Replica, 'regionName' | 'role' | 'status'>,
  poolId: string,
  account: string,
): UserPoolReplicaType => ({
  RegionName: replica.regionName,
  Status: replica.status,
  Role: replica.role,
  UserPoolArn: `arn:aws:cognito-idp:${replica.regionName}:${account}:userpool/${poolId}`,
})
