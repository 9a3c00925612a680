// A key service in memory behind the vault's client: related keys share material; state and policy are each Region's own.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type Random, systemRandom } from '../../../src/telemetry/clock.ts'
import {
  type KeyServiceClient,
  type PoolKeyUse,
  servicePrincipals,
} from '../../../src/vault/key-service-client.ts'

export type KeyActions =
  | 'DescribeKey'
  | 'Encrypt'
  | 'Decrypt'
  | 'ReEncrypt*'
  | 'GenerateDataKeyWithoutPlaintext'

export type FakeKey = {
  readonly material: Buffer
  state: string
  isMultiRegion: boolean
  spec: 'SYMMETRIC_DEFAULT' | 'RSA_2048'
  /** `principal kms:Action` that the policy leaves out. */
  readonly denied: Set<string>
}

export type FakeKeyService = {
  readonly client: KeyServiceClient
  readonly keys: Map<string, FakeKey>
  isDown: boolean
  deny(keyArn: string, principal: string, action: KeyActions): void
  allowAll(keyArn: string): void
}

export const newKey = (material: Buffer = randomBytes(32)): FakeKey => ({
  material,
  state: 'Enabled',
  isMultiRegion: true,
  spec: 'SYMMETRIC_DEFAULT',
  denied: new Set(),
})

const refusal = (name: string): Error => Object.assign(new Error(name), { name })

export const createFakeKeyService = (random: Random = systemRandom): FakeKeyService => {
  const keys = new Map<string, FakeKey>()
  const usable = (use: PoolKeyUse, action: KeyActions): FakeKey => {
    if (service.isDown) throw refusal('TimeoutError')
    const key = keys.get(use.keyArn)
    if (key === undefined) throw refusal('NotFoundException')
    if (key.denied.has(`${use.principal} kms:${action}`)) throw refusal('AccessDeniedException')
    if (action === 'DescribeKey') return key
    if (key.state === 'Disabled') throw refusal('DisabledException')
    if (key.state !== 'Enabled') throw refusal('KMSInvalidStateException')
    return key
  }
  const wrap = (key: FakeKey, poolArn: string, plaintext: Uint8Array): Buffer => {
    const iv = random.bytes(12)
    const cipher = createCipheriv('aes-256-gcm', key.material, iv).setAAD(Buffer.from(poolArn))
    return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  }
  const unwrap = (key: FakeKey, poolArn: string, wrapped: Uint8Array): Buffer => {
    const bytes = Buffer.from(wrapped)
    const decipher = createDecipheriv('aes-256-gcm', key.material, bytes.subarray(0, 12))
    decipher.setAAD(Buffer.from(poolArn)).setAuthTag(bytes.subarray(-16))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
    } catch {
      throw refusal('InvalidCiphertextException')
    }
  }
  const service: FakeKeyService = {
    keys,
    isDown: false,
    deny: (keyArn, principal, action) => keys.get(keyArn)?.denied.add(`${principal} kms:${action}`),
    allowAll: (keyArn) => keys.get(keyArn)?.denied.clear(),
    client: {
      generate: async (use) =>
        wrap(usable(use, 'GenerateDataKeyWithoutPlaintext'), use.poolArn, random.bytes(32)),
      decrypt: async (use, wrapped) => unwrap(usable(use, 'Decrypt'), use.poolArn, wrapped),
      encrypt: async (use, plaintext) => wrap(usable(use, 'Encrypt'), use.poolArn, plaintext),
      reEncrypt: async (use, wrapped) => {
        const key = usable(use, 'ReEncrypt*')
        return wrap(key, use.poolArn, unwrap(key, use.poolArn, wrapped))
      },
      describe: async (use) => {
        const { state, isMultiRegion, spec } = usable(use, 'DescribeKey')
        return {
          KeyId: use.keyArn,
          KeyState: state as 'Enabled',
          MultiRegion: isMultiRegion,
          KeySpec: spec,
          KeyUsage: 'ENCRYPT_DECRYPT',
        }
      },
      close: () => {},
    },
  }
  return service
}

export const allActions: readonly KeyActions[] = [
  'DescribeKey',
  'Encrypt',
  'Decrypt',
  'ReEncrypt*',
  'GenerateDataKeyWithoutPlaintext',
]
export { servicePrincipals }
