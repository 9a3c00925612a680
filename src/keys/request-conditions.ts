// What a request and the key it is about bring for the conditions of policies ("AWS KMS condition keys", KMS Developer Guide), as tables.
import type { ConditionContext } from '../iam/condition-context.ts'
import { requestContext } from '../iam/permission.ts'
import type { Caller } from '../wire/service.ts'
import type { KeyRecord } from './key-records.ts'
import { specOf, usageOf } from './key-specs.ts'

/** What every operation is asked with. */
export type KeyRequestFacts = {
  readonly input: Readonly<Record<string, unknown>>
  readonly sourceIp: string
}

type Entry = readonly [key: string, values: readonly string[]]
type Place = { readonly region: string; readonly nowMs: number }

/** Condition keys by the member of the request that they are about. */
const members: Readonly<Record<string, readonly string[]>> = {
  BypassPolicyLockoutSafetyCheck: ['kms:bypasspolicylockoutsafetycheck'],
  EncryptionAlgorithm: ['kms:encryptionalgorithm'],
  ExpirationModel: ['kms:expirationmodel'],
  GranteePrincipal: ['kms:granteeprincipal'],
  KeyAgreementAlgorithm: ['kms:keyagreementalgorithm'],
  KeyPairSpec: ['kms:datakeypairspec'],
  MacAlgorithm: ['kms:macalgorithm'],
  MessageType: ['kms:messagetype'],
  MultiRegion: ['kms:multiregion'],
  Operations: ['kms:grantoperations'],
  Origin: ['kms:keyorigin'],
  PendingWindowInDays: ['kms:schedulekeydeletionpendingwindowindays'],
  PrimaryRegion: ['kms:primaryregion'],
  ReplicaRegion: ['kms:replicaregion'],
  RetiringPrincipal: ['kms:retiringprincipal'],
  RotationPeriodInDays: ['kms:rotationperiodindays'],
  SigningAlgorithm: ['kms:signingalgorithm'],
  ValidTo: ['kms:validto'],
  WrappingAlgorithm: ['kms:wrappingalgorithm'],
  WrappingKeySpec: ['kms:wrappingkeyspec'],
}

/** What the members of a permission's operation are when they are left out, or are called otherwise than above. */
const symmetric = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
const lockout = { BypassPolicyLockoutSafetyCheck: false }
const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'kms:CreateKey': { ...lockout, Origin: 'AWS_KMS', MultiRegion: false },
  'kms:Decrypt': symmetric,
  'kms:Encrypt': symmetric,
  'kms:GenerateDataKey': symmetric,
  'kms:GenerateDataKeyPair': symmetric,
  'kms:GenerateDataKeyPairWithoutPlaintext': symmetric,
  'kms:GenerateDataKeyWithoutPlaintext': symmetric,
  'kms:PutKeyPolicy': lockout,
  'kms:ReEncryptFrom': symmetric,
  'kms:ReEncryptTo': symmetric,
  'kms:ReplicateKey': lockout,
  'kms:ScheduleKeyDeletion': { PendingWindowInDays: 30 },
  'kms:Sign': { MessageType: 'RAW' },
  'kms:Verify': { MessageType: 'RAW' },
}

const renamed: Readonly<Record<string, string>> = {
  'kms:ReEncryptFrom': 'SourceEncryptionAlgorithm',
  'kms:ReEncryptTo': 'DestinationEncryptionAlgorithm',
}

const textOf = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value))
const valuesOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(textOf) : [textOf(value)]

const membersFor = (action: string, input: Readonly<Record<string, unknown>>): readonly Entry[] => {
  const other = renamed[action]
  const given = other === undefined ? input : { ...input, EncryptionAlgorithm: input[other] }
  const filled: Record<string, unknown> = { ...defaults[action] }
  for (const [name, value] of Object.entries(given)) if (value !== undefined) filled[name] = value
  return Object.entries(members).flatMap(([member, keys]): Entry[] =>
    filled[member] === undefined ? [] : keys.map((key) => [key, valuesOf(filled[member])]),
  )
}

type Tagged = { readonly TagKey?: string; readonly TagValue?: string }

const tagsFor = ({ Tags, TagKeys }: Readonly<Record<string, unknown>>): readonly Entry[] => {
  const tags = (Tags ?? []) as readonly Tagged[]
  const keys = [...tags.map(({ TagKey = '' }) => TagKey), ...((TagKeys ?? []) as readonly string[])]
  return [
    ...tags.map(
      ({ TagKey = '', TagValue = '' }): Entry => [`aws:requesttag/${TagKey.toLowerCase()}`, [TagValue]],
    ),
    ...(keys.length === 0 ? [] : [['aws:tagkeys', keys] as const]),
  ]
}

const aliasIn = /(?:^|:)(alias\/.+)$/

const others = (
  action: string,
  { KeyId = '', Constraints = {}, SourceKeyId, DestinationKeyId }: Readonly<Record<string, unknown>>,
  caller: Caller,
): readonly Entry[] => {
  const alias = aliasIn.exec(String(KeyId))?.[1]
  const constraints = Object.keys(Constraints as object)
  const isReEncryption = renamed[action] !== undefined && SourceKeyId !== undefined
  return [
    ...(alias === undefined ? [] : [['kms:requestalias', [alias]] as const]),
    ...(constraints.length === 0 ? [] : [['kms:grantconstrainttype', constraints] as const]),
    ...(action === 'kms:CreateGrant'
      ? [['kms:grantisforawsresource', [String(caller.kind === 'service')]] as const]
      : []),
    ...(isReEncryption
      ? [['kms:reencryptonsamekey', [String(SourceKeyId === DestinationKeyId)]] as const]
      : []),
  ]
}

/** Conditions about the request itself. */
export const requestConditions = (
  action: string,
  { input, sourceIp }: KeyRequestFacts,
  caller: Caller,
  { region, nowMs }: Place,
): ConditionContext =>
  new Map([
    ...requestContext(caller, { region, sourceIp, nowMs }),
    ...membersFor(action, input),
    ...tagsFor(input),
    ...others(action, input, caller),
  ])

/** Conditions about the key; for one that is being made, with the spec and the usage it is to have. */
export const specConditions = (purpose: Pick<KeyRecord, 'spec' | 'usage'>): readonly Entry[] => [
  ['kms:keyspec', [specOf(purpose)]],
  ['kms:customermasterkeyspec', [specOf(purpose)]],
  ['kms:keyusage', [usageOf(purpose)]],
  ['kms:customermasterkeyusage', [usageOf(purpose)]],
]

/** Conditions about a replica of the key, in another Region: what all related keys have in common. */
export const replicaConditions = (key: KeyRecord): readonly Entry[] => [
  ...specConditions(key),
  ['kms:keyorigin', [key.origin]],
  ['kms:multiregion', ['true']],
  ['kms:multiregionkeytype', ['REPLICA']],
]

export const keyConditions = (
  key: KeyRecord,
  aliases: readonly string[],
  region: string,
): readonly Entry[] => [
  ...specConditions(key),
  ['kms:keyorigin', [key.origin]],
  ['kms:multiregion', [String(key.multiRegion !== undefined)]],
  ...(key.multiRegion === undefined
    ? []
    : [
        [
          'kms:multiregionkeytype',
          [key.multiRegion.primaryRegion === region ? 'PRIMARY' : 'REPLICA'],
        ] as const,
      ]),
  ...(aliases.length === 0 ? [] : [['kms:resourcealiases', aliases] as const]),
  ...Object.entries(key.tags).map(
    ([name, value]): Entry => [`aws:resourcetag/${name.toLowerCase()}`, [value]],
  ),
]
