// Managed login branding: what a style may hold, whose it is, and how it is shown.
import type {
  AssetType,
  CreateManagedLoginBrandingRequest,
  ManagedLoginBrandingType,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { type Branding, type BrandingAsset, brandings } from './records/branding.ts'

/** Developer guide, "Apply branding to managed login pages": settings and images of a style together. */
const brandingBytesMax = 2 * 1024 * 1024

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

type Given = Pick<CreateManagedLoginBrandingRequest, 'UseCognitoProvidedValues' | 'Settings' | 'Assets'>

const storedAsset = (asset: AssetType): BrandingAsset => {
  const { Category, ColorMode, Extension, Bytes, ResourceId } = asset
  if (Category === undefined || ColorMode === undefined || Extension === undefined)
    throw refuse('An asset needs Category, ColorMode and Extension.')
  if (Bytes === undefined && ResourceId === undefined) throw refuse('An asset needs Bytes or a ResourceId.')
  return {
    category: Category,
    colorMode: ColorMode,
    extension: Extension,
    ...(Bytes === undefined ? {} : { bytes: Buffer.from(Bytes).toString('base64') }),
    ...(ResourceId === undefined ? {} : { resourceId: ResourceId }),
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The style as it is kept. Throws InvalidParameterException for defaults that are mixed with settings, and for too much of it. */
export const settledBranding = (given: Given): Pick<Branding, 'usesDefaults' | 'settings' | 'assets'> => {
  const usesDefaults = given.UseCognitoProvidedValues ?? false
  const hasOwn = given.Settings !== undefined || (given.Assets?.length ?? 0) > 0
  if (usesDefaults && hasOwn)
    throw refuse('Settings and Assets cannot be given when UseCognitoProvidedValues is true.')
  if (given.Settings !== undefined && !isObject(given.Settings))
    throw refuse('Settings must be a JSON object.')
  const assets = (given.Assets ?? []).map(storedAsset)
  const kinds = assets.map(({ category, colorMode }) => `${category} ${colorMode}`)
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index)
  if (twice !== undefined) throw refuse(`There is more than one asset of ${twice}.`)
  const bytes =
    JSON.stringify(given.Settings ?? {}).length +
    assets.reduce((sum, asset) => sum + (asset.bytes?.length ?? 0) * 0.75, 0)
  if (bytes > brandingBytesMax) throw refuse(`A style is larger than ${brandingBytesMax} bytes.`)
  return {
    usesDefaults,
    ...(given.Settings === undefined ? {} : { settings: given.Settings }),
    assets,
  }
}

const notFound = (): Fault => new Fault('ResourceNotFoundException', 'Managed login branding does not exist.')

export const readBranding = async (
  { records }: { readonly records: Records },
  brandingId: string | undefined,
): Promise<Stored<Branding>> => {
  const { items } = await records.find(brandings, { name: 'id', value: brandingId ?? '' }, { limit: 1 })
  const [stored] = items
  if (stored === undefined) throw notFound()
  return stored
}

export const readBrandingOfClient = async (
  { records }: { readonly records: Records },
  clientId: string | undefined,
): Promise<Stored<Branding>> => {
  const stored = await records.get(brandings, clientId ?? '')
  if (stored === undefined) throw notFound()
  return stored
}

/** What the service provides where a style says nothing (ReturnMergedResources). */
const defaultSettings = {
  categories: {
    global: { colorSchemeMode: 'LIGHT', pageHeader: { enabled: false }, pageFooter: { enabled: false } },
  },
} as const

/** Objects are merged member by member; anything else of the style takes the place of the default. */
const merged = (base: unknown, own: unknown): unknown => {
  if (!isObject(base) || !isObject(own)) return own ?? base
  const result: Record<string, unknown> = { ...(base as Record<string, unknown>) }
  for (const [name, value] of Object.entries(own as Record<string, unknown>))
    result[name] = merged(result[name], value)
  return result
}

export const describedBranding = (
  poolId: string,
  branding: Branding,
  options: { readonly isMerged?: boolean | undefined } = {},
): ManagedLoginBrandingType => {
  const settings =
    options.isMerged === true
      ? (merged(defaultSettings, branding.settings) as ManagedLoginBrandingType['Settings'])
      : branding.settings
  return {
    ManagedLoginBrandingId: branding.brandingId,
    UserPoolId: poolId,
    UseCognitoProvidedValues: branding.usesDefaults,
    ...(settings === undefined ? {} : { Settings: settings }),
    Assets: branding.assets.map(({ category, colorMode, extension, bytes, resourceId }) => ({
      Category: category,
      ColorMode: colorMode,
      Extension: extension,
      ...(bytes === undefined ? {} : { Bytes: new Uint8Array(Buffer.from(bytes, 'base64')) }),
      ...(resourceId === undefined ? {} : { ResourceId: resourceId }),
    })),
    CreationDate: new Date(branding.createdAtMs),
    LastModifiedDate: new Date(branding.modifiedAtMs),
  }
}
