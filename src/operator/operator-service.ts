// The service of our own for a deployment's operators, on the AWS wire: who is primary, how replicas stand, and promotion (models/twinpool.json).
import { requestContext, requirePermission } from '../iam/permission.ts'
import type { OperatorActions } from '../replication/operator-shapes.ts'
import type { Clock } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import { loadModel } from '../wire/model.ts'
import type { Service } from '../wire/service.ts'

export type OperatorServiceOptions = {
  readonly region: string
  readonly poolArn: (poolId: string) => string
  readonly clock: Clock
  readonly actions: OperatorActions
}

type AboutPool = { readonly UserPoolId: string }

/** IAM actions are `twinpool:<operation>` on the user pool's ARN; a key without policies of its own, the account's, may call all. */
export const createOperatorService = (options: OperatorServiceOptions): Service => {
  const { actions, region, clock } = options
  const operations: Readonly<Record<string, (input: never) => Promise<unknown>>> = {
    PromoteUserPoolReplica: (input) => actions.promote(input),
    DescribeUserPoolReplication: (input) => actions.describe(input),
    SetUserPoolAcknowledgement: (input) => actions.setAcknowledgement(input),
    CompareUserPoolReplica: (input) => actions.compare(input),
    ListSetAsideWrites: (input) => actions.listSetAside(input),
    ReapplySetAsideWrites: (input) => actions.reapplySetAside(input),
    DiscardSetAsideWrites: (input) => actions.discardSetAside(input),
  }
  return {
    model: loadModel('twinpool'),
    isBuilt: (name) => Object.hasOwn(operations, name),
    invoke: ({ operation, input, caller, sourceIp }) => {
      const { UserPoolId } = input as AboutPool
      const run = operations[operation]
      if (run === undefined) throw new Error(`${operation} is not built`)
      if (caller?.kind !== 'account')
        throw new Fault('AccessDeniedException', 'This service is for the operators of the deployment.')
      requirePermission(caller, {
        action: `twinpool:${operation}`,
        resource: options.poolArn(UserPoolId),
        context: requestContext(caller, { region, sourceIp, nowMs: clock.now() }),
      })
      return run(input as never)
    },
  }
}
