// Numbers for Prometheus: what the process measures of itself, and what parts of the Region are asked for at each scrape.
import { Counter, Gauge, Registry } from 'prom-client'

export type ReplicationLag = {
  readonly poolId: string
  readonly replicaRegion: string
  /** Log entries that the replica has not reported as applied. */
  readonly positionsBehind: number
  /** How long the oldest of those has been waiting; 0 when there is none. */
  readonly millisecondsBehind: number
}

/** How far a pool whose key changed has been sealed anew. */
export type ResealProgress = {
  readonly poolId: string
  readonly doneCount: number
  readonly leftCount: number
}

/** How a replica of this Region follows its primary. */
export type ReplicaState = { readonly poolId: string; readonly state: string; readonly divergences: number }

/** Whether a secondary confirms the writes of a pool in synchronous mode. */
export type ConfirmationState = { readonly poolId: string; readonly isConfirmed: boolean }

/** What became of events that are delivered outside as logs of user pools. */
export type LogDeliveryCounts = {
  readonly waiting: number
  /** By kind of destination, and by reason. */
  readonly delivered: ReadonlyMap<string, number>
  readonly dropped: ReadonlyMap<string, number>
}

export type Metrics = { readonly contentType: string; render(): Promise<string> }

/** `lags`, `resealing` and `followers` are asked at each scrape. */
export const createMetrics = (options: {
  readonly region: string
  lags(): Promise<readonly ReplicationLag[]>
  resealing(): Promise<readonly ResealProgress[]>
  followers(): Promise<readonly ReplicaState[]>
  confirmations(): readonly ConfirmationState[]
  /** Undefined where no logs are delivered. */
  logDelivery(): LogDeliveryCounts | undefined
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
  const resealDone = new Gauge({
    name: 'twinpool_reseal_records_done',
    help: 'Records of the pool that are sealed under its new key, since its KMS key changed',
    labelNames: ['pool'],
    registers: [registry],
  })
  const resealLeft = new Gauge({
    name: 'twinpool_reseal_records_left',
    help: 'Records of the pool that may still be sealed under its former data key; 0 when it is done',
    labelNames: ['pool'],
    registers: [registry],
  })
  const states = new Gauge({
    name: 'twinpool_replica_state',
    help: 'State in which this Region follows the pool: 1 for the one it is in (following, copying, waiting, diverged)',
    labelNames: ['pool', 'state'],
    registers: [registry],
  })
  const divergences = new Gauge({
    name: 'twinpool_replica_divergences',
    help: 'How often this Region found that it holds what the primary of the pool never had, since it started',
    labelNames: ['pool'],
    registers: [registry],
  })
  const confirmed = new Gauge({
    name: 'twinpool_writes_confirmed',
    help: 'Of a pool in synchronous mode: 1 while a secondary confirms its writes, 0 while none does',
    labelNames: ['pool'],
    registers: [registry],
  })
  const logsWaiting = new Gauge({
    name: 'twinpool_log_events_waiting',
    help: 'Events of user pools that are on their way to where their logs are delivered',
    registers: [registry],
  })
  const logsDelivered = new Counter({
    name: 'twinpool_log_events_delivered_total',
    help: 'Events of user pools that a destination of logs took',
    labelNames: ['destination'],
    registers: [registry],
  })
  const logsDropped = new Counter({
    name: 'twinpool_log_events_dropped_total',
    help: 'Events of user pools that no destination of logs took in time',
    labelNames: ['reason'],
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
      resealDone.reset()
      resealLeft.reset()
      for (const { poolId, doneCount, leftCount } of await options.resealing()) {
        resealDone.set({ pool: poolId }, doneCount)
        resealLeft.set({ pool: poolId }, leftCount)
      }
      states.reset()
      divergences.reset()
      for (const { poolId, state, divergences: count } of await options.followers()) {
        states.set({ pool: poolId, state }, 1)
        divergences.set({ pool: poolId }, count)
      }
      confirmed.reset()
      for (const { poolId, isConfirmed } of options.confirmations())
        confirmed.set({ pool: poolId }, isConfirmed ? 1 : 0)
      const logDelivery = options.logDelivery()
      logsWaiting.set(logDelivery?.waiting ?? 0)
      logsDelivered.reset()
      for (const [destination, count] of logDelivery?.delivered ?? [])
        logsDelivered.inc({ destination }, count)
      logsDropped.reset()
      for (const [reason, count] of logDelivery?.dropped ?? []) logsDropped.inc({ reason }, count)
      memory.set(process.memoryUsage.rss())
      uptime.set(process.uptime())
      return registry.metrics()
    },
  }
}
