// How a pool's pages look: the classic customization, managed login branding, and the terms that they link to. All of it replicated.
import type {
  AssetCategoryType,
  AssetExtensionType,
  ColorSchemeModeType,
  ManagedLoginBrandingType,
} from '@aws-sdk/client-cognito-identity-provider'
import { collection } from '../../vault/collection.ts'

/** `clientId` is ALL for what every client without its own has. */
export type UiCustomization = {
  readonly clientId: string
  readonly css: string
  readonly cssVersion: string
  /** PNG, JPEG or GIF, base64. */
  readonly image?: string
  readonly createdAtMs: number
  readonly modifiedAtMs: number
}

export const uiCustomizations = collection<UiCustomization, 'replicated'>('ui-customizations', {
  locality: 'replicated',
  keyOf: ({ clientId }) => clientId,
})

export type BrandingAsset = {
  readonly category: AssetCategoryType
  readonly colorMode: ColorSchemeModeType
  readonly extension: AssetExtensionType
  /** Base64. */
  readonly bytes?: string
  readonly resourceId?: string
}

export type Branding = {
  readonly brandingId: string
  readonly clientId: string
  readonly usesDefaults: boolean
  /** A JSON document, as it was given. */
  readonly settings?: ManagedLoginBrandingType['Settings']
  readonly assets: readonly BrandingAsset[]
  readonly createdAtMs: number
  readonly modifiedAtMs: number
}

/** Keyed by client: each has one at most. */
export const brandings = collection<Branding, 'replicated'>('brandings', {
  locality: 'replicated',
  keyOf: ({ clientId }) => clientId,
  terms: ({ brandingId }) => [{ name: 'id', value: brandingId }],
})

export type Terms = {
  readonly termsId: string
  readonly clientId: string
  readonly name: string
  readonly source: 'LINK'
  readonly enforcement: 'NONE'
  /** Language → URL. */
  readonly links: Readonly<Record<string, string>>
  readonly createdAtMs: number
  readonly modifiedAtMs: number
}

/** Keyed by client and name: a client has each kind once. */
export const termsDocuments = collection<Terms, 'replicated'>('terms', {
  locality: 'replicated',
  keyOf: ({ clientId, name }) => `${clientId}\n${name}`,
  terms: ({ termsId }) => [{ name: 'id', value: termsId }],
})
