// The keys that the operations of the key service are walked with: one in each state, in a pair of Regions.
import { constants, publicEncrypt, randomBytes } from 'node:crypto'
import * as kms from '@aws-sdk/client-kms'
import { systemRandom } from '../../../src/telemetry/clock.ts'
import type { AnswerOf, OperationNameOf, RequestOf } from '../../../src/wire/sdk-types.ts'
import { startRegions } from '../../support/regions.ts'
import { primaryRegion, secondaryRegion } from '../../support/replicated-pool.ts'
import { required } from './call.ts'

type Sdk = typeof kms
/** The SDK also exports a type `$Command`, which is no operation. */
export type KeyOperationName = Exclude<OperationNameOf<Sdk>, '$'>
export type KeyInput<Name extends KeyOperationName> = RequestOf<Sdk, Name>
export type KeyCall = <Name extends KeyOperationName>(
  name: Name,
  input: KeyInput<Name>,
) => Promise<AnswerOf<Sdk, Name>>

export type KeyWorld = {
  readonly call: KeyCall
  /** Signed by a user whom no policy allows anything. */
  readonly callAsNobody: KeyCall
  /** To a Region whose keys are replicas of the first one's. */
  readonly callSecondary: KeyCall
  /** Returns the key's ID. */
  makeKey(input?: KeyInput<'CreateKey'>): Promise<string>
  /** A key for imported material, with some or without. */
  makeExternalKey(isImported: boolean): Promise<string>
  /** What ImportKeyMaterial takes, for these bytes. */
  materialFor(keyId: string, bytes?: Uint8Array): Promise<KeyInput<'ImportKeyMaterial'>>
  /** Keys in a state, or of a kind, that most operations refuse. */
  readonly keys: Readonly<Record<'disabled' | 'pendingDeletion' | 'replicated' | 'hmac', string>>
  newAlias(): string
  close(): Promise<void>
}

export const keyCallerOf =
  (client: kms.KMSClient): KeyCall =>
  async (name, input) => {
    const Command = Reflect.get(kms, `${name}Command`) as new (
      input: unknown,
    ) => Parameters<kms.KMSClient['send']>[0]
    return (await client.send(new Command(input))) as never
  }

/** What needs no more than a call: the same for a Region that is about to break. */
export const keyStepsOf = (call: KeyCall) => {
  const makeKey: KeyWorld['makeKey'] = async (input = {}) =>
    required((await call('CreateKey', input)).KeyMetadata?.KeyId)
  const materialFor: KeyWorld['materialFor'] = async (KeyId, bytes = randomBytes(32)) => {
    const { PublicKey, ImportToken } = await call('GetParametersForImport', {
      KeyId,
      WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
      WrappingKeySpec: 'RSA_2048',
    })
    const key = { key: Buffer.from(required(PublicKey)), format: 'der', type: 'spki' } as const
    const EncryptedKeyMaterial = publicEncrypt(
      { ...key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      bytes,
    )
    return { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
  }
  let aliasCount = 0
  return {
    makeKey,
    materialFor,
    makeExternalKey: async (isImported: boolean): Promise<string> => {
      const keyId = await makeKey({ Origin: 'EXTERNAL' })
      if (isImported) await call('ImportKeyMaterial', await materialFor(keyId))
      return keyId
    },
    newAlias: (): string => {
      aliasCount += 1
      return `alias/name-${aliasCount}`
    },
  }
}

export const startKeyWorld = async (): Promise<KeyWorld> => {
  const nobody = {
    accessKeyId: 'AKIDNOBODY',
    secretAccessKey: systemRandom.bytes(30).toString('base64'),
  }
  const regions = await startRegions([primaryRegion, secondaryRegion], {
    users: [{ ...nobody, userName: 'nobody' }],
  })
  const call = keyCallerOf(regions.kms(primaryRegion))
  const steps = keyStepsOf(call)
  const disabled = await steps.makeKey({ MultiRegion: true })
  const pendingDeletion = await steps.makeKey({ MultiRegion: true })
  const replicated = await steps.makeKey({ MultiRegion: true })
  await call('ReplicateKey', { KeyId: replicated, ReplicaRegion: secondaryRegion })
  const hmac = await steps.makeKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  await call('DisableKey', { KeyId: disabled })
  await call('ScheduleKeyDeletion', { KeyId: pendingDeletion })
  return {
    call,
    callSecondary: keyCallerOf(regions.kms(secondaryRegion)),
    callAsNobody: keyCallerOf(
      new kms.KMSClient({
        region: primaryRegion,
        endpoint: regions.origins[primaryRegion] ?? '',
        credentials: nobody,
        maxAttempts: 1,
      }),
    ),
    ...steps,
    keys: { disabled, pendingDeletion, replicated, hmac },
    close: () => regions.close(),
  }
}
