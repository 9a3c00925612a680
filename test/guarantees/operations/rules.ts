// The errors that most operations share, provoked by rules over the members of their requests.
import type { OperationModel, ServiceModel } from '../../../src/wire/model.ts'
import type { WalkedName } from './requests.ts'
import type { Members } from './rows.ts'
import type { World } from './world.ts'

/** One way to break a request, and what it is about. */
export type Break = {
  readonly what: string
  readonly change: (world: World, request: Members) => Members
  /** What the message must have. */
  readonly message?: RegExp
}

const without = (request: Members, member: string): Members => {
  const { [member]: _, ...rest } = request
  return rest
}
const lowerFirst = (name: string): string => `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`

/** Every constraint that the model puts on a member of the request itself, broken: one at a time. */
export const brokenConstraints = (model: ServiceModel, { input }: OperationModel): readonly Break[] => {
  const shape = model.shapes[input ?? '']
  const needed = shape?.required ?? []
  return [
    ...needed.map((member) => ({
      what: `no ${member}`,
      change: (_: World, request: Members) => without(request, member),
      message: new RegExp(
        `${lowerFirst(member)}' failed to satisfy constraint: Member must not be null`,
        'i',
      ),
    })),
    ...Object.entries(shape?.members ?? {}).flatMap(([member, { shape: name }]): readonly Break[] => {
      const { type, max, min, enum: values } = model.shapes[name] ?? { type: 'string' }
      const set = (value: unknown) => (_: World, request: Members) => ({ ...request, [member]: value })
      const message = new RegExp(`'${member}'.* failed to satisfy constraint`, 'i')
      if (values !== undefined)
        return [{ what: `an unknown ${member}`, change: set('NO_SUCH_VALUE'), message }]
      if (type === 'string' && max !== undefined && max <= 10_000)
        return [{ what: `a ${member} that is too long`, change: set('x'.repeat(max + 1)), message }]
      if ((type === 'integer' || type === 'long') && min !== undefined)
        return [{ what: `a ${member} that is too small`, change: set(min - 1), message }]
      return []
    }),
  ]
}

const missing = {
  poolId: 'us-east-1_Missing00',
  clientId: 'missing0client',
  id: '00000000-0000-4000-8000-000000000000',
}

/** The members that say which pool, in the order in which the gate looks at them, and a value for a pool that is not here. */
const missingPool: readonly (readonly [member: string, value: (world: World) => unknown])[] = [
  ['UserPoolId', () => missing.poolId],
  ['ClientId', () => missing.clientId],
  ['AccessToken', ({ deletedPool }) => deletedPool.accessToken],
  ['ResourceArn', () => `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${missing.poolId}`],
]

/** Members that name something in the pool, and a well-formed name of nothing. */
const missingParts: Readonly<Record<string, string>> = {
  ClientId: missing.clientId,
  ClientSecretId: missing.id,
  CredentialId: 'missing',
  DeviceKey: `us-east-1_${missing.id}`,
  GroupName: 'missing',
  Identifier: 'missing',
  IdpIdentifier: 'missing',
  JobId: 'import-missing',
  ManagedLoginBrandingId: missing.id,
  ProviderName: 'missing',
  RegionName: 'eu-west-1',
  SessionId: 'missing',
  TermsId: missing.id,
  TermsName: 'privacy-policy',
}

/** Members that an operation gives a name to rather than finds something by. */
const isNaming = (operation: string, member: string): boolean =>
  (['GroupName', 'Identifier', 'ProviderName', 'RegionName', 'TermsName'].includes(member) &&
    /^(Create|UpdateTerms)/.test(operation)) ||
  `${operation} ${member}` === 'ConfirmDevice DeviceKey'

/** The pool, or something in it, that is not there. */
export const missingThings = (operation: WalkedName, request: Members): readonly Break[] => {
  const pool = missingPool.find(([member]) => request[member] !== undefined)
  const parts = Object.entries(missingParts).filter(
    ([member]) => request[member] !== undefined && pool?.[0] !== member && !isNaming(operation, member),
  )
  return [
    ...(pool === undefined
      ? []
      : [
          {
            what: `a ${pool[0]} of a pool that is not here`,
            change: (world: World, given: Members) => ({ ...given, [pool[0]]: pool[1](world) }),
          },
        ]),
    ...parts.map(([member, value]) => ({
      what: `a ${member} of nothing`,
      change: (_: World, given: Members) => ({ ...given, [member]: value }),
    })),
  ]
}

/** A user who is not there: an administrator names nobody, or the user was deleted after the token was issued. */
export const missingUser = (request: Members): readonly Break[] => {
  if (request.AccessToken !== undefined)
    return [
      {
        what: 'the token of a user who was deleted',
        change: ({ deletedUser }, given) => ({ ...given, AccessToken: deletedUser.accessToken }),
      },
    ]
  if (request.Username === undefined) return []
  return [{ what: 'a Username of nobody', change: (_, given) => ({ ...given, Username: 'nobody-there' }) }]
}

/** A token that is not good: of this pool but altered, ended by its user, of a user who was disabled. */
export const refusedToken = (request: Members): readonly Break[] =>
  request.AccessToken === undefined
    ? []
    : (['altered', 'revoked', 'disabled'] as const).map((kind) => ({
        what: `a token that is ${kind}`,
        change: ({ refused }, given) => ({ ...given, AccessToken: refused[kind] }),
      }))

/** The token of a user whose password an administrator reset since. */
export const resetUser = (request: Members): readonly Break[] =>
  request.AccessToken === undefined
    ? []
    : [
        {
          what: 'the token of a user whose password was reset',
          change: ({ refused }, given) => ({ ...given, AccessToken: refused.reset }),
        },
      ]

/** The shared rules, by the error that they bring. */
export const ruleOf = (
  error: string,
  operation: WalkedName,
  request: Members,
  model: ServiceModel,
): readonly Break[] => {
  const operationModel = model.operations[operation]
  if (operationModel === undefined) throw new Error(`${operation} is not in the model`)
  switch (error) {
    case 'InvalidParameterException':
      return brokenConstraints(model, operationModel)
    case 'ResourceNotFoundException':
      return missingThings(operation, request)
    case 'UserNotFoundException':
      return missingUser(request)
    case 'NotAuthorizedException':
      return refusedToken(request)
    case 'PasswordResetRequiredException':
      return resetUser(request)
    default:
      return []
  }
}
