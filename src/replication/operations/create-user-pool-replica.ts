// CreateUserPoolReplica: checks the prerequisites in the order of spec/replication.md, then has the pool copied in the background.
import { operation } from '../../directory/operation.ts'
import { userPools } from '../../directory/records/user-pool.ts'
import { checkTags } from '../../directory/tag-rules.ts'
import { Fault } from '../../wire/fault.ts'
import { replicasMax } from '../primary.ts'
import type { ReplicaActions } from '../replica-control.ts'
import { replicaDescription } from './replica-description.ts'

/** Feature plans with replication (Amazon Cognito Developer Guide, "Multi-Region replication"). */
const tiersWithReplicas: readonly string[] = ['ESSENTIALS', 'PLUS']

export const createUserPoolReplica = (replication: ReplicaActions) =>
  operation({
    name: 'CreateUserPoolReplica',
    runs: 'primary',
    handle: async ({ RegionName: regionName = '', UserPoolTags: tags }, context) => {
      const { pool, log, account } = context
      checkTags(tags ?? {}, 'UserPoolTaggingException')
      const { poolId, registered } = pool
      const stored = await pool.records.get(userPools, poolId)
      if (stored === undefined)
        throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
      const { UserPoolTier: tier = 'ESSENTIALS', IssuerConfiguration: issuer } = stored.value.settings
      if (!tiersWithReplicas.includes(tier))
        throw new Fault(
          'FeatureUnavailableInTierException',
          `Multi-Region replication is not available in the ${tier} tier. Change UserPoolTier to ESSENTIALS or PLUS (UpdateUserPool) and try again.`,
        )
      await replication.checkOwnKey(poolId)
      // The Region is looked at before its key: there is nobody to ask for the key of a Region that isn't there.
      const known = replication.knownRegions()
      if (!known.includes(regionName))
        throw new Fault(
          'InvalidParameterException',
          `${regionName} is not a Region of this deployment. Its Regions are ${known.join(', ')}.`,
        )
      if (regionName === registered.primaryRegion)
        throw new Fault(
          'InvalidParameterException',
          `${regionName} is the primary Region of the user pool. Choose another Region for the replica.`,
        )
      if (registered.replicaRegions.includes(regionName))
        throw new Fault(
          'InvalidParameterException',
          `User pool ${poolId} already has a replica in ${regionName}.`,
        )
      if (registered.replicaRegions.length >= replicasMax)
        throw new Fault(
          'LimitExceededException',
          `User pool ${poolId} has ${replicasMax} replicas; that is the most a user pool can have.`,
        )
      await replication.checkKeys(poolId, regionName)
      if (issuer?.Type !== 'UPDATED')
        log.warn(
          { poolId, regionName },
          'the pool gets a replica but its issuer is ORIGINAL: tokens of each Region have an issuer of their own; set IssuerConfiguration to UPDATED',
        )
      await replication.createReplica(registered, regionName, tags)
      return {
        UserPoolReplica: replicaDescription(
          { regionName, role: 'SECONDARY', status: 'CREATING' },
          poolId,
          account,
        ),
      }
    },
  })
