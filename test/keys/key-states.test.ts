// What a key's state lets through: Amazon's table of it ("Key states of AWS KMS keys", KMS Developer Guide), operation by operation.
import type * as kms from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KeyCall, type KeyOperationName, keyCallerOf } from '../guarantees/operations/key-world.ts'
import { account, startRegions, type TestRegions } from '../support/regions.ts'

let regions: TestRegions
let call: KeyCall
beforeAll(async () => {
  regions = await startRegions()
  call = keyCallerOf(regions.kms('us-east-1'))
})
afterAll(() => regions.close())

/** By what the table's notes call them: [1], [3], [3] of a primary with replicas, [5] and [6]. */
const refusals = {
  disabled: ['DisabledException', 'is disabled.'],
  deletion: ['KMSInvalidStateException', 'is pending deletion.'],
  replicas: ['KMSInvalidStateException', 'is pending replica deletion.'],
  import: ['KMSInvalidStateException', 'is pending import.'],
  external: ['UnsupportedOperationException', 'origin is EXTERNAL which is not valid for this operation.'],
  kept: ['KMSInvalidStateException', 'is not pending deletion.'],
} as const
type Outcome = keyof typeof refusals | 'done'

const states: Readonly<Record<string, () => Promise<string>>> = {
  Disabled: async () => {
    const KeyId = await make()
    await call('DisableKey', { KeyId })
    return KeyId
  },
  PendingDeletion: async () => {
    const KeyId = await make()
    await call('ScheduleKeyDeletion', { KeyId })
    return KeyId
  },
  PendingReplicaDeletion: async () => {
    const KeyId = await make({ MultiRegion: true })
    await call('ReplicateKey', { KeyId, ReplicaRegion: 'us-west-2' })
    await call('ScheduleKeyDeletion', { KeyId })
    return KeyId
  },
  PendingImport: () => make({ Origin: 'EXTERNAL', MultiRegion: true }),
}
const make = async (input: kms.CreateKeyCommandInput = {}): Promise<string> =>
  (await call('CreateKey', input)).KeyMetadata?.KeyId ?? ''

const Plaintext = Buffer.from('a plaintext of the test')
const context = { EncryptionContext: { a: 'b' } }
const grant = { GranteePrincipal: account, Operations: ['Decrypt' as const] }
const tag = { TagKey: 'a', TagValue: 'b' }
let aliases = 0
const nextAlias = (): string => `alias/of-a-state/${++aliases}`

/** In the order of the states above. */
const table: readonly (readonly [KeyOperationName, (KeyId: string) => object, readonly Outcome[]])[] = [
  ['CancelKeyDeletion', () => ({}), ['kept', 'done', 'done', 'kept']],
  [
    'CreateAlias',
    (TargetKeyId) => ({ AliasName: nextAlias(), TargetKeyId }),
    ['done', 'deletion', 'replicas', 'done'],
  ],
  ['CreateGrant', () => grant, ['disabled', 'deletion', 'replicas', 'import']],
  ['DescribeKey', () => ({}), ['done', 'done', 'done', 'done']],
  ['DisableKey', () => ({}), ['done', 'deletion', 'replicas', 'import']],
  ['DisableKeyRotation', () => ({}), ['disabled', 'deletion', 'replicas', 'external']],
  ['EnableKey', () => ({}), ['done', 'deletion', 'replicas', 'import']],
  ['EnableKeyRotation', () => ({}), ['disabled', 'deletion', 'replicas', 'external']],
  ['Encrypt', () => ({ Plaintext, ...context }), ['disabled', 'deletion', 'replicas', 'import']],
  ['GenerateDataKey', () => ({ KeySpec: 'AES_256' }), ['disabled', 'deletion', 'replicas', 'import']],
  [
    'GenerateDataKeyPair',
    () => ({ KeyPairSpec: 'ECC_NIST_P256' }),
    ['disabled', 'deletion', 'replicas', 'import'],
  ],
  ['GetKeyPolicy', () => ({}), ['done', 'done', 'done', 'done']],
  ['GetKeyRotationStatus', () => ({}), ['done', 'done', 'done', 'done']],
  ['ListAliases', () => ({}), ['done', 'done', 'done', 'done']],
  ['ListGrants', () => ({}), ['done', 'done', 'done', 'done']],
  ['ListKeyPolicies', () => ({}), ['done', 'done', 'done', 'done']],
  ['ListResourceTags', () => ({}), ['done', 'done', 'done', 'done']],
  ['ReplicateKey', () => ({ ReplicaRegion: 'us-west-2' }), ['disabled', 'deletion', 'replicas', 'import']],
  ['RotateKeyOnDemand', () => ({}), ['disabled', 'deletion', 'replicas', 'import']],
  ['ScheduleKeyDeletion', () => ({}), ['done', 'deletion', 'replicas', 'done']],
  ['TagResource', () => ({ Tags: [tag] }), ['done', 'deletion', 'replicas', 'done']],
  ['UntagResource', () => ({ TagKeys: ['a'] }), ['done', 'deletion', 'replicas', 'done']],
  ['UpdateKeyDescription', () => ({ Description: 'new' }), ['done', 'deletion', 'replicas', 'done']],
  [
    'UpdatePrimaryRegion',
    () => ({ PrimaryRegion: 'us-west-2' }),
    ['disabled', 'deletion', 'replicas', 'import'],
  ],
]

describe.each(Object.keys(states).map((state, index) => [state, index] as const))(
  'a key that is %s',
  (state, index) => {
    test.each(table)('%s', async (operation, inputFor, outcomes) => {
      const KeyId = (await states[state]?.()) ?? ''
      expect((await call('DescribeKey', { KeyId })).KeyMetadata?.KeyState).toBe(state)
      const asked = call(operation, { KeyId, ...inputFor(KeyId) } as never)
      const outcome = outcomes[index] ?? 'done'
      if (outcome === 'done') return expect(asked).resolves.toBeDefined()
      const [name, words] = refusals[outcome]
      const message = `arn:aws:kms:us-east-1:${account}:key/${KeyId} ${words}`
      return expect(asked).rejects.toMatchObject({ name, message })
    })
  },
)

test('an alias leads away from a key that is pending deletion, and not to one', async () => {
  const [KeyId, other] = [await make(), await make()]
  const AliasName = nextAlias()
  await call('CreateAlias', { AliasName, TargetKeyId: KeyId })
  await call('ScheduleKeyDeletion', { KeyId })
  await call('UpdateAlias', { AliasName, TargetKeyId: other })
  await expect(call('UpdateAlias', { AliasName, TargetKeyId: KeyId })).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  })
})
