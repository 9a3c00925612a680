// The classic look of a pool's pages: which CSS and images are taken, and how a customization is shown.
import type { UICustomizationType } from '@aws-sdk/client-cognito-identity-provider'
import type { Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { Endpoints } from './endpoints.ts'
import { type UiCustomization, uiCustomizations } from './records/branding.ts'

/** What stands for every client that has none of its own. */
export const allClients = 'ALL'

/** Developer guide, "Customizing hosted UI (classic) branding": 100 KB. */
const imageBytesMax = 100 * 1024

/** Classes of the classic pages that can be styled (same page). */
const classes: ReadonlySet<string> = new Set([
  'background-customizable',
  'banner-customizable',
  'errorMessage-customizable',
  'idpButton-customizable',
  'idpDescription-customizable',
  'inputField-customizable',
  'label-customizable',
  'legalText-customizable',
  'logo-customizable',
  'passwordCheck-notValid-customizable',
  'passwordCheck-valid-customizable',
  'redirect-customizable',
  'socialButton-customizable',
  'submitButton-customizable',
  'textDescription-customizable',
])

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/** CSS Syntax Level 3, section 4.3.2; what is begun and not ended stays. */
const withoutComments = (css: string): string => {
  const kept: string[] = []
  for (let from = 0; ; ) {
    const start = css.indexOf('/*', from)
    const end = start < 0 ? -1 : css.indexOf('*/', start + 2)
    if (end < 0) return [...kept, css.slice(from)].join('')
    kept.push(css.slice(from, start))
    from = end + 2
  }
}

/** Throws InvalidParameterException for a class that the pages don't have, and for what could leave a style sheet. */
export const checkCss = (css: string): void => {
  if (/[<\\]|@import|javascript:|expression\s*\(/i.test(css)) throw refuse('Invalid CSS: it is not safe.')
  let depth = 0
  for (const sign of css) {
    if (sign === '{') depth += 1
    if (sign === '}') depth -= 1
    if (depth < 0 || depth > 2) throw refuse('Invalid CSS: its braces do not match.')
  }
  if (depth !== 0) throw refuse('Invalid CSS: its braces do not match.')
  const selectors = withoutComments(css).replaceAll(/\{[^{}]*\}/g, ' ')
  const unknown = [...selectors.matchAll(/\.(-?[A-Za-z_][\w-]*)/g)].find(
    ([, name = '']) => !classes.has(name),
  )
  if (unknown !== undefined) throw refuse(`Invalid CSS: the class ${unknown[1]} can't be customized.`)
}

const signatures = [
  { type: 'image/png', bytes: [0x89, 0x50, 0x4e, 0x47] },
  { type: 'image/jpeg', bytes: [0xff, 0xd8, 0xff] },
  { type: 'image/gif', bytes: [0x47, 0x49, 0x46, 0x38] },
] as const

/** The media type of an image by how it begins; undefined for what is none that browsers show. */
export const imageTypeOf = (image: Uint8Array): (typeof signatures)[number]['type'] | undefined =>
  signatures.find(({ bytes }) => bytes.every((byte, index) => image[index] === byte))?.type

/** Throws InvalidParameterException for an image that is too large, or none. */
export const checkImage = (image: Uint8Array): void => {
  if (image.byteLength > imageBytesMax) throw refuse(`The image is larger than ${imageBytesMax} bytes.`)
  if (imageTypeOf(image) === undefined) throw refuse('The image must be a PNG, JPEG or GIF file.')
}

/** Where the image is served; the version changes with every upload, so that it can be cached. */
export const imageUrl = (
  poolId: string,
  { clientId, cssVersion }: Pick<UiCustomization, 'clientId' | 'cssVersion'>,
  endpoints: Pick<Endpoints, 'routerOrigin'>,
): string => `${endpoints.routerOrigin}/${poolId}/ui/${clientId}/${cssVersion}/image`

/** The client's own, or the one for all. */
export const customizationOf = async (
  records: Records,
  clientId: string,
): Promise<UiCustomization | undefined> =>
  (await records.get(uiCustomizations, clientId))?.value ??
  (await records.get(uiCustomizations, allClients))?.value

export const describedCustomization = (
  poolId: string,
  customization: UiCustomization,
  endpoints: Pick<Endpoints, 'routerOrigin'>,
): UICustomizationType => ({
  UserPoolId: poolId,
  ClientId: customization.clientId,
  CSS: customization.css,
  CSSVersion: customization.cssVersion,
  ...(customization.image === undefined ? {} : { ImageUrl: imageUrl(poolId, customization, endpoints) }),
  CreationDate: new Date(customization.createdAtMs),
  LastModifiedDate: new Date(customization.modifiedAtMs),
})
