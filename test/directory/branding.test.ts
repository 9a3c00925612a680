// How a pool's pages look: classic customization, managed login branding, terms.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { brandingOperations } from '../../src/directory/operations/branding/operations.ts'
import { termsOperations } from '../../src/directory/operations/terms/operations.ts'
import { checkCss } from '../../src/directory/ui-customization-rules.ts'
import { startDirectory, type TestDirectory } from '../support/directory.ts'

let directory: TestDirectory
let UserPoolId: string
let ClientId: string
beforeAll(async () => {
  directory = await startDirectory({ operations: [...brandingOperations, ...termsOperations] })
})
beforeEach(async () => {
  UserPoolId = await directory.makePool()
  const { UserPoolClient } = await directory.call('CreateUserPoolClient', { UserPoolId, ClientName: 'c' })
  ClientId = UserPoolClient?.ClientId ?? ''
})
afterAll(() => directory.close())

const refused = (code: string) => ({ code })
const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3])
const becomeSecondary = () =>
  directory.register(UserPoolId, { role: 'SECONDARY', status: 'INACTIVE', primaryRegion: 'us-west-2' })

describe('the classic look', () => {
  const set = (more: { ClientId?: string; CSS?: string; ImageFile?: Uint8Array } = {}) =>
    directory.call('SetUICustomization', { UserPoolId, CSS: '.banner-customizable {color: red}', ...more })
  const get = async (client?: string) =>
    (await directory.call('GetUICustomization', { UserPoolId, ClientId: client })).UICustomization
  const makeDomain = () =>
    directory.call('CreateUserPoolDomain', {
      UserPoolId,
      Domain: `look-${UserPoolId.slice(-8).toLowerCase()}`,
    })

  test('needs a domain', async () => {
    await expect(set()).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: 'There has to be an existing domain associated with this user pool',
    })
  })

  test('is for all clients until one has its own, and shows where its image is', async () => {
    await makeDomain()
    expect(await get()).toEqual({ UserPoolId, ClientId: 'ALL' })
    const { UICustomization } = await set({ ImageFile: png })
    expect(UICustomization).toMatchObject({ ClientId: 'ALL', CSS: '.banner-customizable {color: red}' })
    expect(UICustomization?.ImageUrl).toContain(`/${UserPoolId}/ui/ALL/${UICustomization?.CSSVersion}/image`)
    expect(await get(ClientId)).toEqual(UICustomization)
    await set({ ClientId, CSS: '.logo-customizable {color: blue}' })
    expect(await get(ClientId)).toMatchObject({ ClientId, CSS: '.logo-customizable {color: blue}' })
    expect((await get(ClientId))?.ImageUrl).toBeUndefined()
    expect(await get()).toEqual(UICustomization)
  })

  test('refuses what is no image, classes that are none of the pages’, and unknown clients', async () => {
    await makeDomain()
    await expect(set({ ImageFile: Uint8Array.from([1, 2, 3]) })).rejects.toMatchObject(
      refused('InvalidParameterException'),
    )
    await expect(set({ ImageFile: Buffer.concat([png, Buffer.alloc(100 * 1024)]) })).rejects.toMatchObject(
      refused('InvalidParameterException'),
    )
    await expect(set({ CSS: '.anything {color: red}' })).rejects.toMatchObject(
      refused('InvalidParameterException'),
    )
    await expect(set({ ClientId: '0'.repeat(26) })).rejects.toMatchObject(
      refused('ResourceNotFoundException'),
    )
  })

  test.each([
    '.logo-customizable { background: url(javascript:alert(1)) }',
    '@import "x.css";',
    '</style><script>',
    '.logo-customizable { color: red',
    '} .logo-customizable {',
  ])('takes no style sheet like %s', (css) => {
    expect(() => checkCss(css)).toThrow()
  })

  test('takes comments, states and several classes', () => {
    expect(() =>
      checkCss('/* .mine */ .submitButton-customizable:hover, .label-customizable { width: 5.5px; }'),
    ).not.toThrow()
  })
})

describe('managed login branding', () => {
  const Settings = { categories: { global: { colorSchemeMode: 'DARK' } } }
  const Assets = [
    { Category: 'FORM_LOGO' as const, ColorMode: 'LIGHT' as const, Extension: 'PNG' as const, Bytes: png },
  ]
  const create = (more = {}) =>
    directory.call('CreateManagedLoginBranding', { UserPoolId, ClientId, Settings, Assets, ...more })

  test('is created once for a client, described by ID and by client, changed and deleted', async () => {
    const { ManagedLoginBranding } = await create()
    expect(ManagedLoginBranding).toMatchObject({
      UserPoolId,
      UseCognitoProvidedValues: false,
      Settings,
      Assets,
    })
    const ManagedLoginBrandingId = ManagedLoginBranding?.ManagedLoginBrandingId
    await expect(create()).rejects.toMatchObject(refused('ManagedLoginBrandingExistsException'))
    const byId = () => directory.call('DescribeManagedLoginBranding', { UserPoolId, ManagedLoginBrandingId })
    expect((await byId()).ManagedLoginBranding).toEqual(ManagedLoginBranding)
    const byClient = await directory.call('DescribeManagedLoginBrandingByClient', {
      UserPoolId,
      ClientId,
      ReturnMergedResources: true,
    })
    expect(byClient.ManagedLoginBranding?.Settings).toMatchObject({
      categories: { global: { colorSchemeMode: 'DARK', pageHeader: { enabled: false } } },
    })
    await directory.call('UpdateManagedLoginBranding', {
      UserPoolId,
      ManagedLoginBrandingId,
      UseCognitoProvidedValues: true,
    })
    const emptied = (await byId()).ManagedLoginBranding
    expect(emptied).toMatchObject({ UseCognitoProvidedValues: true, Assets: [] })
    expect(emptied?.Settings).toBeUndefined()
    await directory.call('DeleteManagedLoginBranding', { UserPoolId, ManagedLoginBrandingId })
    await expect(byId()).rejects.toMatchObject(refused('ResourceNotFoundException'))
  })

  test.each([
    ['the service’s values mixed with own ones', { UseCognitoProvidedValues: true }],
    ['settings that are no object', { Settings: 'dark' }],
    ['two assets of a kind', { Assets: [...Assets, ...Assets] }],
    ['an asset of nothing', { Assets: [{ Category: 'FORM_LOGO', ColorMode: 'LIGHT', Extension: 'PNG' }] }],
  ])('refuses %s', async (_, more) => {
    await expect(create(more)).rejects.toMatchObject(refused('InvalidParameterException'))
  })

  test('goes with its client, and can’t be changed on a secondary', async () => {
    const { ManagedLoginBranding } = await create()
    const ManagedLoginBrandingId = ManagedLoginBranding?.ManagedLoginBrandingId
    await becomeSecondary()
    await directory.call('DescribeManagedLoginBranding', { UserPoolId, ManagedLoginBrandingId })
    await expect(
      directory.call('UpdateManagedLoginBranding', { UserPoolId, ManagedLoginBrandingId }),
    ).rejects.toMatchObject(refused('OperationNotEnabledException'))
    await directory.register(UserPoolId, { role: 'PRIMARY', status: 'ACTIVE', primaryRegion: 'us-east-1' })
    await directory.call('DeleteUserPoolClient', { UserPoolId, ClientId })
    await expect(
      directory.call('DescribeManagedLoginBranding', { UserPoolId, ManagedLoginBrandingId }),
    ).rejects.toMatchObject(refused('ResourceNotFoundException'))
  })
})

describe('terms', () => {
  const Links = { 'cognito:default': 'https://example.com/terms' }
  const create = (more = {}) =>
    directory.call('CreateTerms', {
      UserPoolId,
      ClientId,
      TermsName: 'terms-of-use',
      TermsSource: 'LINK',
      Enforcement: 'NONE',
      Links,
      ...more,
    })

  test('are created once for a client and kind, described, listed, changed and deleted', async () => {
    const { Terms } = await create()
    const TermsId = Terms?.TermsId
    expect(Terms).toMatchObject({ UserPoolId, ClientId, TermsName: 'terms-of-use', Links })
    await expect(create()).rejects.toMatchObject(refused('TermsExistsException'))
    await create({ TermsName: 'privacy-policy' })
    expect((await directory.call('DescribeTerms', { UserPoolId, TermsId })).Terms).toEqual(Terms)
    const byClient = await directory.call('DescribeTermsByClient', {
      UserPoolId,
      ClientId,
      TermsName: 'terms-of-use',
    })
    expect(byClient.Terms).toEqual(Terms)
    const { Terms: all } = await directory.call('ListTerms', { UserPoolId })
    expect(new Set(all?.map(({ TermsName }) => TermsName))).toEqual(
      new Set(['privacy-policy', 'terms-of-use']),
    )
    await expect(
      directory.call('UpdateTerms', { UserPoolId, TermsId, TermsName: 'privacy-policy' }),
    ).rejects.toMatchObject(refused('TermsExistsException'))
    const changed = { ...Links, 'cognito:german': 'https://example.com/bedingungen' }
    await directory.call('UpdateTerms', { UserPoolId, TermsId, Links: changed })
    expect((await directory.call('DescribeTerms', { UserPoolId, TermsId })).Terms?.Links).toEqual(changed)
    await directory.call('DeleteTerms', { UserPoolId, TermsId })
    await expect(directory.call('DescribeTerms', { UserPoolId, TermsId })).rejects.toMatchObject(
      refused('ResourceNotFoundException'),
    )
  })

  test('need a link for the default language, and a client', async () => {
    await expect(create({ Links: { 'cognito:german': 'https://example.com' } })).rejects.toMatchObject(
      refused('InvalidParameterException'),
    )
    await expect(create({ Links: { 'cognito:default': 'javascript:alert(1)' } })).rejects.toMatchObject(
      refused('InvalidParameterException'),
    )
    await expect(create({ ClientId: '0'.repeat(26) })).rejects.toMatchObject(
      refused('ResourceNotFoundException'),
    )
  })

  test('are read on a secondary and not written', async () => {
    const { Terms } = await create()
    await becomeSecondary()
    await directory.call('DescribeTerms', { UserPoolId, TermsId: Terms?.TermsId })
    await expect(create({ TermsName: 'privacy-policy' })).rejects.toMatchObject(
      refused('OperationNotEnabledException'),
    )
  })
})
