// A request that the model takes, for any operation: made of its required members alone, about a pool of this ID.
import type { ServiceModel, Shape } from '../../../src/wire/model.ts'
import type { Members } from './rows.ts'

const tokenOf = (poolId: string): string =>
  [{ alg: 'RS256' }, { iss: `http://127.0.0.1:9229/${poolId}` }, {}]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')

/** Members whose values say which pool, or whose pattern no general example fits. */
const examples = (poolId: string): Members => ({
  UserPoolId: poolId,
  ResourceArn: `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${poolId}`,
  AccessToken: tokenOf(poolId),
  Domain: 'example',
  DeviceKey: 'us-east-1_00000000',
  JobId: 'import-1',
  CloudWatchLogsRoleArn: 'arn:aws:iam::000000000000:role/import',
  ManagedLoginBrandingId: '00000000-0000-4000-8000-000000000000',
  TermsId: '00000000-0000-4000-8000-000000000000',
  TermsName: 'terms-of-use',
  Secret: 'x'.repeat(51),
  LimitDefinition: { LimitClass: 'API_CATEGORY', Attributes: { Category: 'UserRead' } },
  ProviderName: 'example',
  UserCode: '000000',
  ConfirmationCode: '000000',
  Code: '000000',
})

const exampleOf = (model: ServiceModel, shape: Shape | undefined): unknown => {
  switch (shape?.type) {
    case 'structure':
      return Object.fromEntries(
        (shape.required ?? []).map((member) => [
          member,
          exampleOf(model, model.shapes[shape.members?.[member]?.shape ?? '']),
        ]),
      )
    case 'list':
      return Array.from({ length: shape.min ?? 0 }, () =>
        exampleOf(model, model.shapes[shape.member?.shape ?? '']),
      )
    case 'map':
      return {}
    case 'integer':
    case 'long':
    case 'number':
      return Math.max(shape.min ?? 1, 1)
    case 'boolean':
      return false
    case 'document':
      return {}
    default:
      return shape?.enum?.[0] ?? 'x'.repeat(Math.max(shape?.min ?? 1, 1))
  }
}

/** Operations that say by a member that isn't required which pool they are about. */
const saysPoolBy: Readonly<Record<string, string>> = {
  AssociateSoftwareToken: 'AccessToken',
  ForgetDevice: 'AccessToken',
  GetDevice: 'AccessToken',
  UpdateManagedLoginBranding: 'UserPoolId',
  VerifySoftwareToken: 'AccessToken',
}

export const exampleRequest = (model: ServiceModel, operation: string, poolId: string): Members => {
  const input = model.shapes[model.operations[operation]?.input ?? '']
  const known = examples(poolId)
  const extra = saysPoolBy[operation]
  const members = [...(input?.required ?? []), ...(extra === undefined ? [] : [extra])]
  return Object.fromEntries(
    members.map((member) => [
      member,
      known[member] ?? exampleOf(model, model.shapes[input?.members?.[member]?.shape ?? '']),
    ]),
  )
}
