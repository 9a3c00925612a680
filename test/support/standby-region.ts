// A Region of two nodes over a database with a standby, beside a Region on files; and what tests of its failover ask of both again and again.
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  type CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { createOperatorClient, type OperatorClient } from '../../src/operator/operator-client.ts'
import type { ReplicationShape } from '../../src/replication/operator-shapes.ts'
import { type NodeRegion, startNodeRegion } from './node-region.ts'
import { type PostgresServer, type Standby, startPostgres, startStandby } from './postgres.ts'
import { makeReplicatedPool, type ReplicatedPool } from './replicated-pool.ts'

/** What dies in these tests is processes and connections, never the machine: nothing need be flushed. */
const settings = ['fsync=off', 'full_page_writes=off']

export type StandbyRegion = {
  readonly primary: PostgresServer
  readonly standby: Standby
  readonly regions: NodeRegion
  /** A client of each node. */
  readonly clients: readonly [CognitoIdentityProviderClient, CognitoIdentityProviderClient]
  readonly pool: ReplicatedPool
  operatorAt(region: string): OperatorClient
  /** Rejects while the Region can't say. */
  describeAt(region: string): Promise<ReplicationShape>
  createUser(client: CognitoIdentityProviderClient, name: string): Promise<unknown>
  isThere(client: CognitoIdentityProviderClient, name: string): Promise<boolean>
  close(): Promise<void>
}

export const startStandbyRegion = async ({
  isSynchronous,
}: {
  readonly isSynchronous: boolean
}): Promise<StandbyRegion> => {
  const primary = await startPostgres(settings)
  const url = await primary.newDatabase()
  const standby = await startStandby(primary, settings)
  if (isSynchronous) await standby.makeSynchronous()
  const regions = await startNodeRegion(
    url.replace(/(:\d+)\/(\w+)$/, `$1,127.0.0.1:${standby.port}/$2?target_session_attrs=read-write`),
  )
  const pool = await makeReplicatedPool(regions)
  const UserPoolId = pool.poolId
  const [one, two] = regions.nodes.map((node) => regions.cognitoAt(node))
  if (one === undefined || two === undefined) throw new Error('there are two nodes')
  const operatorAt = (region: string): OperatorClient =>
    createOperatorClient({
      origin: regions.origins[region] ?? '',
      region,
      credentials: regions.credentials,
    })
  return {
    primary,
    standby,
    regions,
    clients: [one, two],
    pool,
    operatorAt,
    describeAt: async (region) => {
      const answer = await operatorAt(region).call('DescribeUserPoolReplication', { UserPoolId })
      return (answer as { Replication: ReplicationShape }).Replication
    },
    createUser: (client, Username) =>
      client.send(new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS' })),
    isThere: (client, Username) =>
      client.send(new AdminGetUserCommand({ UserPoolId, Username })).then(
        () => true,
        (error: Error) => {
          if (error.name === 'UserNotFoundException') return false
          throw error
        },
      ),
    close: async () => {
      await regions.close()
      await standby.close()
      await primary.close()
    },
  }
}
