// The materials of a key: the current one encrypts, all of them decrypt; made here, rotated, or imported by the key's owner.
import { hkdfSync } from 'node:crypto'
import type { Random } from '../telemetry/clock.ts'

export const materialBytes = 32

export type KeyMaterial = {
  /** KeyMaterialId: 64 hex digits, the same for the same bytes under the same key ID. */
  readonly id: string
  /** 32 bytes, base64. Absent while an imported material is not imported in this Region. */
  readonly bytes?: string
  /** Absent for the first material, and for one that waits. */
  readonly rotated?: { readonly type: 'AUTOMATIC' | 'ON_DEMAND'; readonly atMs: number }
  /** Decrypts already, and encrypts as soon as all related keys have it, or its owner rotates. */
  readonly waiting?: {
    readonly type: 'AUTOMATIC' | 'ON_DEMAND' | 'IMPORT'
    readonly sinceMs: number
    /** Of related keys: the Regions that it has been imported into, as their primary knows. */
    readonly importedIn?: readonly string[]
  }
  readonly imported?: { readonly description?: string; readonly validToMs?: number }
}

/** A key's materials, the oldest first. */
export type WithMaterials = { readonly materials: readonly KeyMaterial[] }

/** Says nothing of the bytes that guessing 256 random bits would not. */
export const materialIdOf = (keyId: string, bytes: Uint8Array): string =>
  Buffer.from(hkdfSync('sha256', bytes, keyId, 'twinpool key material id', 32)).toString('hex')

export const newMaterial = (keyId: string, random: Random): KeyMaterial => {
  const bytes = random.bytes(materialBytes)
  return { id: materialIdOf(keyId, bytes), bytes: bytes.toString('base64') }
}

/** The material that encrypts: the newest that does not wait. Undefined for a key into which nothing was ever imported. */
export const currentMaterial = ({ materials }: WithMaterials): KeyMaterial | undefined =>
  materials.findLast(({ waiting }) => waiting === undefined)

/** The bytes of the material in use. The key is usable: see requireUsable. */
export const currentBytes = (key: WithMaterials): Buffer => {
  const bytes = currentMaterial(key)?.bytes
  if (bytes === undefined) throw new Error('a usable key has a current material')
  return Buffer.from(bytes, 'base64')
}

export const waitingMaterial = ({ materials }: WithMaterials): KeyMaterial | undefined =>
  materials.find(({ waiting }) => waiting !== undefined)

/** Imported material that is past its time is as good as deleted, whether it has been erased yet or not. */
export const isPresent = ({ bytes, imported }: KeyMaterial, nowMs: number): boolean =>
  bytes !== undefined && (imported?.validToMs === undefined || imported.validToMs > nowMs)

/** A key into which something has still, or again, to be imported. */
export const isPendingImport = (key: WithMaterials, nowMs: number): boolean => {
  const inUse = key.materials.filter(({ waiting }) => waiting === undefined)
  return inUse.length === 0 || inUse.some((material) => !isPresent(material, nowMs))
}

/** What is left of imported material: its ID, so that only the same can be imported again. */
export const withoutBytes = ({ bytes: _bytes, imported, ...kept }: KeyMaterial): KeyMaterial => {
  if (imported === undefined) return kept
  const { validToMs: _validToMs, ...about } = imported
  return { ...kept, imported: about }
}
