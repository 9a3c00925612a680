// What a request and the key it is about bring for the conditions of policies ("AWS KMS condition keys", KMS Developer Guide), as tables.
import type { GrantConstraints } from '@aws-sdk/client-kms'
import type { ConditionContext } from '../iam/condition-context.ts'
import { requestContext } from '../iam/permission.ts'
import type { Caller } from '../wire/service.ts'
import type { KeyRecord } from './key-records.ts'
import { specOf, usageOf } from './key-specs.ts'

/** What every operation is asked with. */
export type KeyRequestFacts = {
  readonly input: Readonly<Record<string, unknown>>
  readonly sourceIp: string
  /** Of a ReEncrypt: whether both of its keys are the same, whatever they are called. */
  readonly isOnSameKey?: boolean
}

type Entry = readonly [key: string, values: readonly string[]]
type Place = { readonly region: string; readonly nowMs: number }

/** Condition keys by the member of the request that they are about. */
const members: Readonly<Record<string, readonly string[]>> = {
  BypassPolicyLockoutSafetyCheck: ['kms:bypasspolicylockoutsafetycheck'],
  EncryptionAlgorithm: ['kms:encryptionalgorithm'],
  ExpirationModel: ['kms:expirationmodel'],
  GranteePrincipal: ['kms:granteeprincipal'],
  GranteeServicePrincipal: ['kms:granteeserviceprincipal'],
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
  RetiringServicePrincipal: ['kms:retiringserviceprincipal'],
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
  'kms:EnableKeyRotation': { RotationPeriodInDays: 365 },
  'kms:ImportKeyMaterial': { ExpirationModel: 'KEY_MATERIAL_EXPIRES' },
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

/** The member that names the key, where it isn't KeyId. */
const keyMembers: Readonly<Record<string, string>> = {
  'kms:ReEncryptFrom': 'SourceKeyId',
  'kms:ReEncryptTo': 'DestinationKeyId',
}

const aliasIn = /(?:^|:)(alias\/.+)$/

/** A subset of nothing is part of every encryption context: a policy that asks for the constraint asks for more. */
const isUnconstraining = (name: string, { EncryptionContextSubset }: GrantConstraints): boolean =>
  name === 'EncryptionContextSubset' && Object.keys(EncryptionContextSubset ?? {}).length === 0

const others = (
  action: string,
  { input, isOnSameKey }: KeyRequestFacts,
  caller: Caller,
): readonly Entry[] => {
  const constraints = (input.Constraints ?? {}) as GrantConstraints
  const constraintTypes = Object.keys(constraints).filter((name) => !isUnconstraining(name, constraints))
  const named = input[keyMembers[action] ?? 'KeyId']
  const alias = typeof named === 'string' ? aliasIn.exec(named)?.[1] : undefined
  return [
    ...(alias === undefined ? [] : [['kms:requestalias', [alias]] as const]),
    ...(constraintTypes.length === 0 ? [] : [['kms:grantconstrainttype', constraintTypes] as const]),
    ...(constraints.SourceArn === undefined
      ? []
      : [['kms:grantconstraintsourcearn', [constraints.SourceArn]] as const]),
    ...(action === 'kms:CreateGrant'
      ? [['kms:grantisforawsresource', [String(caller.kind === 'service')]] as const]
      : []),
    ...(isOnSameKey === undefined ? [] : [['kms:reencryptonsamekey', [String(isOnSameKey)]] as const]),
  ]
}

/** Conditions about the request itself. */
export const requestConditions = (
  action: string,
  facts: KeyRequestFacts,
  caller: Caller,
  { region, nowMs }: Place,
): ConditionContext =>
  new Map([
    ...requestContext(caller, { region, sourceIp: facts.sourceIp, nowMs }),
    ...membersFor(action, facts.input),
    ...tagsFor(facts.input),
    ...others(action, facts, caller),
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
