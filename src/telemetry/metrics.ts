// Numbers for Prometheus: what the process measures of itself, and what parts of the Region are asked for at each scrape.
import { Gauge, Registry } from 'prom-client'

export type ReplicationLag = {
  readonly poolId: string
  readonly replicaRegion: string
  /** Log entries that the replica has not reported as applied. */
  readonly positionsBehind: number
  /** How long the oldest of those has been waiting; 0 when there is none. */
  readonly millisecondsBehind: number
}

export type Metrics = { readonly contentType: string; render(): Promise<string> }

/** `lags` is asked at each scrape. */
export const createMetrics = (options: {
  readonly region: string
  lags(): Promise<readonly ReplicationLag[]>
}): Metrics => {
  const registry = new Registry()
  registry.setDefaultLabels({ region: options.region })
  const labelNames = ['pool', 'replica'] as const
  const positions = new Gauge({
    name: 'twinpool_replication_lag_positions',
    help: 'Change log entries of the pool that the replica has not applied yet',
    labelNames,
    registers: [registry],
  })
  const milliseconds = new Gauge({
    name: 'twinpool_replication_lag_milliseconds',
    help: 'Age of the oldest change log entry that the replica has not applied yet',
    labelNames,
    registers: [registry],
  })
  const memory = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the Region process',
    registers: [registry],
  })
  const uptime = new Gauge({
    name: 'twinpool_uptime_seconds',
    help: 'Time since the Region process started',
    registers: [registry],
  })
  return {
    contentType: registry.contentType,
    render: async () => {
      positions.reset()
      milliseconds.reset()
      for (const lag of await options.lags()) {
        const labels = { pool: lag.poolId, replica: lag.replicaRegion }
        positions.set(labels, lag.positionsBehind)
        milliseconds.set(labels, lag.millisecondsBehind)
      }
      memory.set(process.memoryUsage.rss())
      uptime.set(process.uptime())
      return registry.metrics()
    },
  }
}
