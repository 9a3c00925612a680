// Where a Region keeps its data, by its configuration; and which of its nodes does what only one of them may do.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openPostgresStore } from '../store/postgres/postgres-store.ts'
import { databasePath } from '../store/sqlite/folder.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { RegionConfiguration } from './configuration.ts'

export type Leading = {
  /**
   * Called when this node begins to lead the Region, and when it no longer does; one after the other. No node writes to pools before `settle`
   * was called, if the database may have been set back.
   */
  readonly onLead: (settle: () => Promise<void>) => Promise<void>
  readonly onLose: () => Promise<void>
}

export type Lead = {
  isLeader(): boolean
  /** Where the lead node is reached; undefined while there is none. */
  leader(): string | undefined
  close(): Promise<void>
}

export type RegionStore = { readonly store: Store; lead(leading: Leading): Promise<Lead> }

/** With files of its own a Region has one node, which leads from the start. */
const leadAlone = async ({ onLead, onLose }: Leading, nodeOrigin: string): Promise<Lead> => {
  await onLead(async () => undefined)
  return { isLeader: () => true, leader: () => nodeOrigin, close: onLose }
}

/** Whether the Region's files have been made; a Region on PostgreSQL has none. */
export const hasFiles = ({ dataFolder, postgres }: RegionConfiguration): boolean =>
  postgres === undefined && existsSync(databasePath(join(dataFolder, 'store')))

/** Rejects with StoreLocked or StoreFailure. */
export const openRegionStore = async (
  configuration: RegionConfiguration,
  parts: { readonly clock: Clock; readonly random: Random; readonly log: Logger },
): Promise<RegionStore> => {
  const { dataFolder, postgres } = configuration
  const { clock, random, log } = parts
  if (postgres === undefined) {
    const store = await openSqliteStore({ folder: join(dataFolder, 'store'), clock })
    return { store, lead: (leading) => leadAlone(leading, configuration.origin) }
  }
  const onBackgroundError = (error: unknown): void =>
    log.warn({ err: error }, 'the database failed in the background; it is tried again')
  const store = await openPostgresStore({
    url: postgres.url,
    clock,
    random,
    isSettledByLead: true,
    onBackgroundError,
  })
  return {
    store,
    lead: (leading) =>
      store.lead({ ...leading, nodeOrigin: postgres.nodeOrigin, onError: onBackgroundError }),
  }
}
