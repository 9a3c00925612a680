// New material that is imported for a rotation of related keys: which Regions have it already ("Importing key material into multi-Region keys").
import { Conflict } from '../store/store.ts'
import { isPresent, type KeyMaterial } from './key-material.ts'
import type { KeyRecord } from './key-records.ts'
import type { KeyServiceParts } from './key-service-parts.ts'

/** The material with one more Region that has it. */
export const importedIn = (material: KeyMaterial, region: string): KeyMaterial => {
  const { waiting } = material
  if (waiting === undefined) return material
  const regions = new Set([...(waiting.importedIn ?? []), region])
  return { ...material, waiting: { ...waiting, importedIn: [...regions] } }
}

/** Whether this Region and, for a primary, all of its replicas' have the material that waits. */
export const isImportedEverywhere = (
  key: KeyRecord,
  material: KeyMaterial,
  { region, clock }: Pick<KeyServiceParts, 'region' | 'clock'>,
): boolean => {
  if (!isPresent(material, clock.now())) return false
  const { multiRegion } = key
  if (multiRegion?.primaryRegion !== region) return true
  const known = new Set(material.waiting?.importedIn)
  return multiRegion.replicaRegions.every((replica) => known.has(replica))
}

const attemptsMax = 5

/** The primary takes note that a replica has the material. One that is no longer waited for is forgotten. */
export const noteImported = async (
  news: { readonly keyId: string; readonly materialId: string },
  fromRegion: string,
  { records, region }: Pick<KeyServiceParts, 'records' | 'region'>,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const stored = await records.keys.get(news.keyId)
    if (stored?.value.multiRegion?.primaryRegion !== region) return
    const materials = stored.value.materials.map((one) =>
      one.id === news.materialId ? importedIn(one, fromRegion) : one,
    )
    try {
      return await records.keys.replace(stored, { ...stored.value, materials })
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === attemptsMax) throw error
    }
  }
}
