// DescribeRiskConfiguration: what threat protection does for a client, or for all that have nothing of their own.
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { readPool } from '../../read-pool.ts'
import { allClients, describedRisk, requireThreatProtection } from '../../risk-rules.ts'

export const describeRiskConfiguration = operation({
  name: 'DescribeRiskConfiguration',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const clientId = input.ClientId ?? allClients
    requireThreatProtection((await readPool(pool)).value)
    if (clientId !== allClients) await readClient(pool, clientId)
    return { RiskConfiguration: await describedRisk(pool.poolId, clientId, pool.records) }
  },
})
