// Brings revocations that were made at a secondary to the primary, and clears them away once they have come back with the log.
import type { Revocation } from '../directory/records/revocation.ts'
import { type LocalRevocation, localRevocations, revocations } from '../directory/records/revocation.ts'
import type { Clock } from '../telemetry/clock.ts'
import type { Stored } from '../vault/records.ts'
import type { Vault } from '../vault/vault.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler, PeerTransport } from './peer-port.ts'
import { onConflictAgain } from './registrations.ts'

const revocationsPerCall = 500

export type CourierOptions = {
  readonly poolId: string
  readonly primaryRegion: string
  readonly vault: Vault
  readonly transport: PeerTransport
  readonly clock: Clock
  /** The replica goes, and takes no writes any more: nothing is noted of what was delivered. */
  readonly isLast?: boolean
}

const message = ({ subject, validAfterMs, expiresAtMs }: Revocation): Revocation => ({
  subject,
  validAfterMs,
  expiresAtMs,
})

/** Delivered, and the primary's own record of it has been applied here: the local one adds nothing any more (SPEC.md, I5). */
const hasComeBack = async (local: LocalRevocation, options: CourierOptions): Promise<boolean> => {
  if (!local.isDelivered) return false
  const replicated = await options.vault.pool(options.poolId).secondary.get(revocations, local.subject)
  return (
    replicated !== undefined &&
    replicated.value.validAfterMs >= local.validAfterMs &&
    replicated.value.expiresAtMs >= local.expiresAtMs
  )
}

const clearAway = async (
  page: readonly Stored<LocalRevocation>[],
  options: CourierOptions,
): Promise<readonly Stored<LocalRevocation>[]> => {
  const { secondary } = options.vault.pool(options.poolId)
  const kept: Stored<LocalRevocation>[] = []
  const done: Stored<LocalRevocation>[] = []
  for (const stored of page) {
    const isOver =
      stored.value.expiresAtMs < options.clock.now() || (await hasComeBack(stored.value, options))
    if (isOver) done.push(stored)
    else kept.push(stored)
  }
  if (done.length > 0 && options.isLast !== true)
    await secondary.commit((changes) => {
      for (const stored of done) changes.delete(localRevocations, stored)
    })
  return kept
}

const deliver = async (page: readonly Stored<LocalRevocation>[], options: CourierOptions): Promise<void> => {
  const { poolId, primaryRegion, transport } = options
  const waiting = page.filter(({ value }) => !value.isDelivered)
  if (waiting.length === 0) return
  await transport.call(primaryRegion, 'revocations', {
    poolId,
    revocations: waiting.map(({ value }) => message(value)),
  })
  if (options.isLast === true) return
  await options.vault.pool(poolId).secondary.commit((changes) => {
    for (const stored of waiting)
      changes.replace(localRevocations, stored, { ...stored.value, isDelivered: true })
  })
}

/** One round over all that is kept here. Rejects when the primary can't be reached; what was delivered stays marked. */
export const carryRevocations = async (options: CourierOptions): Promise<void> => {
  const { secondary } = options.vault.pool(options.poolId)
  let after: string | undefined
  do {
    after = await onConflictAgain(async () => {
      const page = await secondary.list(localRevocations, {
        limit: revocationsPerCall,
        ...(after === undefined ? {} : { after }),
      })
      await deliver(await clearAway(page.items, options), options)
      return page.after
    })
  } while (after !== undefined)
}

export type AcceptRevocations = (poolId: string, list: readonly Revocation[]) => Promise<void>

/** Call handler `revocations` at the primary. */
export const createRevocationsHandler = (options: {
  authorise(poolId: string, region: string): Promise<void>
  readonly acceptRevocations: AcceptRevocations
}): PeerCallHandler => {
  return async (fromRegion, body) => {
    const fields = readFields(body)
    const poolId = fields.text('poolId')
    await options.authorise(poolId, fromRegion)
    const list = fields.list('revocations', revocationsPerCall).map((item): Revocation => {
      const revocation = readFields(item)
      return {
        subject: revocation.text('subject'),
        validAfterMs: revocation.count('validAfterMs'),
        expiresAtMs: revocation.count('expiresAtMs'),
      }
    })
    await onConflictAgain(() => options.acceptRevocations(poolId, list))
    return {}
  }
}

/** A Region that writes again, or for the first time, takes what it had to deliver into its own revocations. */
export const absorbRevocations = async (
  poolId: string,
  parts: { readonly vault: Vault; readonly acceptRevocations: AcceptRevocations },
): Promise<void> => {
  const { secondary } = parts.vault.pool(poolId)
  for (;;) {
    const { items } = await secondary.list(localRevocations, { limit: revocationsPerCall })
    if (items.length === 0) return
    await onConflictAgain(() =>
      parts.acceptRevocations(
        poolId,
        items.map(({ value }) => message(value)),
      ),
    )
    await secondary.commit((changes) => {
      for (const stored of items) changes.delete(localRevocations, stored)
    })
  }
}

/**
 * What this Region's history holds of revocations becomes its own to deliver, before that history is dropped: of what the new primary has not
 * got, revocations alone must not be lost (SPEC.md, I5).
 */
export const salvageRevocations = async (poolId: string, vault: Vault, nowMs: number): Promise<void> => {
  const { secondary } = vault.pool(poolId)
  let after: string | undefined
  do {
    after = await onConflictAgain(async () => {
      const page = await secondary.list(revocations, {
        limit: revocationsPerCall,
        ...(after === undefined ? {} : { after }),
      })
      const living = page.items.filter(({ value }) => value.expiresAtMs >= nowMs)
      const known = await Promise.all(
        living.map(({ value }) => secondary.get(localRevocations, value.subject)),
      )
      await secondary.commit((changes) => {
        for (const [index, { value }] of living.entries()) {
          const local = known[index]
          if (local === undefined) changes.create(localRevocations, { ...message(value), isDelivered: false })
          else
            changes.replace(localRevocations, local, {
              subject: value.subject,
              validAfterMs: Math.max(value.validAfterMs, local.value.validAfterMs),
              expiresAtMs: Math.max(value.expiresAtMs, local.value.expiresAtMs),
              isDelivered: false,
            })
        }
      })
      return page.after
    })
  } while (after !== undefined)
}
