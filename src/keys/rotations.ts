// Rotation of key material: a new material first goes to all related keys, then encrypts; so ciphertext opens in every Region at once.
import type { Logger } from '../telemetry/log.ts'
import { isFault } from '../wire/fault.ts'
import { isPresent, newMaterial, waitingMaterial, withoutBytes } from './key-material.ts'
import type { KeyRecord, StoredRecord } from './key-records.ts'
import type { KeyServiceParts, Rotations } from './key-service-parts.ts'
import { sharedMessage, tellReplicas, withShared } from './related-keys.ts'

export const dayMs = 86_400_000
const retryMinMs = 500
const retryMaxMs = 60_000
const sweptKeysMax = 10_000

export const isPrimaryHere = ({ multiRegion }: KeyRecord, region: string): boolean =>
  multiRegion === undefined || multiRegion.primaryRegion === region

export const createRotations = (parts: KeyServiceParts, log: Logger): Rotations => {
  const { records, clock, region, random, peers } = parts
  const unfinished = new Set<string>()
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let pauseMs = retryMinMs
  let running: Promise<void> = Promise.resolve()

  /** Makes the waiting material the one that encrypts, if every related key has it. */
  const finish = async (keyId: string): Promise<void> => {
    const stored = await records.keys.get(keyId)
    const key = stored?.value
    const waiting = key === undefined ? undefined : waitingMaterial(key)
    if (stored === undefined || key === undefined || waiting?.waiting === undefined) return
    const { type } = waiting.waiting
    if (type === 'IMPORT' || !isPrimaryHere(key, region)) return
    for (const replica of key.multiRegion?.replicaRegions ?? [])
      await peers.send(replica, sharedMessage(key, replica, parts))
    const atMs = clock.now()
    const { waiting: _waited, ...material } = waiting
    const rotated = withShared(key, {
      materials: key.materials.map((one) =>
        one.id === waiting.id ? { ...material, rotated: { type, atMs } } : one,
      ),
    })
    await records.keys.replace(stored, rotated)
    await tellReplicas(rotated, parts)
  }

  const finishAll = async (): Promise<void> => {
    for (const keyId of unfinished) {
      if (isClosed) return
      try {
        await finish(keyId)
        unfinished.delete(keyId)
      } catch (error) {
        // Out of reach, or changed meanwhile: the material waits, and the key goes on encrypting under the former one.
        log[isFault(error) ? 'warn' : 'info']({ err: error, keyId }, 'a rotation waits for a related key')
      }
    }
    if (unfinished.size === 0) {
      pauseMs = retryMinMs
      return
    }
    timer = setTimeout(run, pauseMs)
    pauseMs = Math.min(pauseMs * 2, retryMaxMs)
  }
  const run = (): Promise<void> => {
    clearTimeout(timer)
    running = running.then(finishAll)
    return running
  }

  const resume = async (): Promise<void> => {
    for (const { value } of await records.keys.list(undefined, sweptKeysMax))
      if (waitingMaterial(value) !== undefined) unfinished.add(value.keyId)
    await finishAll()
  }
  running = resume().catch((error: unknown) => log.error({ err: error }, 'keys could not be read'))

  const begin: Rotations['begin'] = async (stored, type) => {
    const key = stored.value
    const material = { ...newMaterial(key.keyId, random), waiting: { type, sinceMs: clock.now() } }
    const { rotation } = key
    await records.keys.replace(
      stored,
      withShared(key, {
        materials: [...key.materials, material],
        // The schedule is kept by on-demand rotations ("Perform on-demand key rotation", KMS Developer Guide).
        ...(type === 'AUTOMATIC' && rotation !== undefined
          ? { rotation: { ...rotation, nextAtMs: clock.now() + rotation.periodDays * dayMs } }
          : {}),
      }),
    )
    unfinished.add(key.keyId)
    const done = run()
    // Other Regions may take their time; a key of this Region alone is done with at once.
    if (key.multiRegion === undefined) await done
  }

  const sweepKey = async (stored: StoredRecord<KeyRecord>): Promise<void> => {
    const { value: key } = stored
    const now = clock.now()
    if (key.materials.some((one) => one.bytes !== undefined && !isPresent(one, now))) {
      const materials = key.materials.map((one) => (isPresent(one, now) ? one : withoutBytes(one)))
      await records.keys.replace(stored, { ...key, materials })
      return
    }
    const isDue = key.rotation !== undefined && key.rotation.nextAtMs <= now
    const mayRotate = key.isEnabled && key.deletion === undefined && waitingMaterial(key) === undefined
    if (isDue && mayRotate && isPrimaryHere(key, region)) await begin(stored, 'AUTOMATIC')
  }

  return {
    begin,
    sweep: async () => {
      for (const stored of await records.keys.list(undefined, sweptKeysMax))
        await sweepKey(stored).catch((error: unknown) =>
          log.warn(
            { err: error, keyId: stored.value.keyId },
            'a key could not be rotated; it is tried again',
          ),
        )
    },
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await running
      clearTimeout(timer)
    },
  }
}
