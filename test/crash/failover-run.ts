// Rounds of failover under load in synchronous mode: the primary killed and its place taken, or handed over while one of the two is killed.
import { createOperatorClient } from '../../src/operator/operator-client.ts'
import type { ReplicationShape } from '../../src/replication/operator-shapes.ts'
import { eventually } from '../support/regions.ts'
import { makeReplicatedPool, primaryRegion, secondaryRegion } from '../support/replicated-pool.ts'
import { type RunOptions, withDeployment } from './deployment.ts'

export type FailoverRunResult = {
  readonly acknowledged: number
  readonly inDoubt: number
  readonly takeovers: number
  /** Writes that never left a primary before it was killed; none of them was acknowledged. */
  readonly setAside: number
}

const writers = ['a', 'b', 'c', 'd'].map((letter) => `writer-${letter}`)
const plots = [
  'the primary is killed and the other takes over',
  'a planned promotion',
  'the primary is killed while it hands over',
  'the other is killed while it is to take over',
] as const

/** Throws an Error that says what was lost, or what did not come to be. */
export const failoverRun = ({ rounds, seed, say = () => {} }: RunOptions): Promise<FailoverRunResult> =>
  withDeployment(seed, async (deployment) => {
    const { random, supervisor, clients, acknowledged } = deployment
    const operator = (region: string) =>
      createOperatorClient({
        origin: supervisor.endpoints.regions[region] ?? '',
        region,
        credentials: supervisor.accessKey,
      })
    let primary: string = primaryRegion
    const otherOf = (region: string): string => (region === primaryRegion ? secondaryRegion : primaryRegion)
    const { poolId: UserPoolId } = await makeReplicatedPool(clients)
    const describeAt = async (region: string): Promise<ReplicationShape | undefined> => {
      try {
        const answer = await operator(region).call('DescribeUserPoolReplication', { UserPoolId })
        return (answer as { Replication: ReplicationShape }).Replication
      } catch {
        return undefined
      }
    }
    const promote = (region: string, how: object = {}): Promise<'promoted' | 'failed'> =>
      operator(region)
        .call('PromoteUserPoolReplica', { UserPoolId, ...how })
        .then(
          () => 'promoted',
          () => 'failed',
        )
    /** One primary that takes writes and has them confirmed, and one ACTIVE follower. */
    const settled = async (): Promise<void> => {
      await eventually(
        async () => {
          const [one, other] = await Promise.all([primaryRegion, secondaryRegion].map(describeAt))
          const writing = [one, other].filter((replica) => replica?.TakesWrites === true)
          const following = [one, other].filter((replica) => replica?.FollowerState === 'following')
          primary = writing[0]?.PrimaryRegion ?? primary
          return { one, other, isSettled: writing.length === 1 && following[0]?.Status === 'ACTIVE' }
        },
        ({ isSettled }) => isSettled,
        60_000,
      )
    }
    await operator(primary).call('SetUserPoolAcknowledgement', { UserPoolId, Mode: 'SYNCHRONOUS' })

    const stopWriters = deployment.startWriters(writers, { poolId: UserPoolId, primary: () => primary })
    for (let round = 1; round <= rounds; round += 1) {
      await deployment.acknowledgedReach(acknowledged() + 5 + Math.floor(random() * 30))
      const plot = plots[Math.floor(random() * plots.length)] ?? plots[0]
      const [old, next] = [primary, otherOf(primary)]
      const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, random() * 60))
      if (plot === 'the primary is killed and the other takes over') {
        await supervisor.kill(old)
        await promote(next, { Force: true })
        await pause()
        await supervisor.restart(old)
      } else if (plot === 'a planned promotion') await promote(next)
      else {
        const victim = plot === 'the primary is killed while it hands over' ? old : next
        const promoting = promote(next)
        await pause()
        await supervisor.kill(victim)
        await promoting
        // Whoever is alive must be able to serve, whatever became of the promotion.
        if (victim === old) await promote(next, { Force: true })
        await supervisor.restart(victim)
      }
      await settled()
      say(`round ${round}: ${plot}; ${primary} is primary, ${acknowledged()} acknowledged`)
    }
    await stopWriters()
    await deployment.checkBoth(primary, otherOf(primary), UserPoolId)
    const [one, other] = await Promise.all([primaryRegion, secondaryRegion].map(describeAt))
    if (one === undefined || one.Digest !== other?.Digest)
      throw new Error('the two Regions differ when all is over')
    return {
      acknowledged: acknowledged(),
      inDoubt: deployment.inDoubt(),
      takeovers: one.Takeovers.at(-1)?.Epoch ?? 0,
      setAside: one.SetAsideCount + other.SetAsideCount,
    }
  })
