// SetRiskConfiguration: what threat protection does, for one client or for all; a secondary sets who sends its notifications.
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { readPool } from '../../read-pool.ts'
import { riskConfigurations, riskNotifiers } from '../../records/pool-configuration.ts'
import {
  allClients,
  describedRisk,
  regionalRisk,
  requireThreatProtection,
  settledRisk,
} from '../../risk-rules.ts'

export const setRiskConfiguration = operation({
  name: 'SetRiskConfiguration',
  runs: 'inactive',
  handle: async (input, { pool, clock }) => {
    const clientId = input.ClientId ?? allClients
    requireThreatProtection((await readPool(pool)).value)
    if (clientId !== allClients) await readClient(pool, clientId)
    const given = settledRisk(clientId, input, clock.now())
    const [stored, notifier] = await Promise.all([
      pool.records.get(riskConfigurations, clientId),
      pool.records.get(riskNotifiers, clientId),
    ])
    if (pool.registered.role === 'SECONDARY') {
      const own = regionalRisk(stored?.value, given)
      await pool.records.commit((changes) => {
        if (notifier === undefined) changes.create(riskNotifiers, own)
        else changes.replace(riskNotifiers, notifier, own)
      })
    } else
      await pool.asPrimary('changes settings that all replicas share').commit((changes) => {
        if (stored === undefined) changes.create(riskConfigurations, given)
        else changes.replace(riskConfigurations, stored, given)
        if (notifier !== undefined) changes.delete(riskNotifiers, notifier)
      })
    return { RiskConfiguration: await describedRisk(pool.poolId, clientId, pool.records) }
  },
})
