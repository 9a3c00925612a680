// A key service in memory for tests of the directory: keys that can be disabled or closed, and errors named as the SDK names them.
import { randomUUID } from 'node:crypto'
import type { KeyServiceClient, PoolKeyUse } from '../../src/vault/key-service-client.ts'

const failed = (name: string): Error => {
  const error = new Error(name)
  error.name = name
  return error
}

export type FakeKeyService = KeyServiceClient & {
  /** Makes a usable key and returns its ARN. */
  addKey(region?: string): string
  /** From now on every use of the key fails with the SDK error of this name. */
  failWith(keyArn: string, errorName: string | undefined): void
}

export const createFakeKeyService = (account = '000000000000'): FakeKeyService => {
  const failures = new Map<string, string | undefined>()
  const wrappedKeys = new Map<string, Uint8Array>()
  const wrap = (plaintext: Uint8Array): Uint8Array => {
    const ciphertext = randomUUID()
    wrappedKeys.set(ciphertext, plaintext)
    return Buffer.from(ciphertext)
  }
  const using = <Value>(use: PoolKeyUse, work: () => Value): Promise<Value> => {
    if (!failures.has(use.keyArn)) return Promise.reject(failed('NotFoundException'))
    const failure = failures.get(use.keyArn)
    return failure === undefined ? Promise.resolve(work()) : Promise.reject(failed(failure))
  }
  return {
    addKey: (region = 'us-east-1') => {
      const arn = `arn:aws:kms:${region}:${account}:key/mrk-${randomUUID().replaceAll('-', '')}`
      failures.set(arn, undefined)
      return arn
    },
    failWith: (keyArn, errorName) => void failures.set(keyArn, errorName),
    generate: (use) => using(use, () => wrap(crypto.getRandomValues(new Uint8Array(32)))),
    encrypt: (use, plaintext) => using(use, () => wrap(plaintext)),
    decrypt: (use, wrapped) =>
      using(use, () => {
        const plaintext = wrappedKeys.get(Buffer.from(wrapped).toString('utf8'))
        if (plaintext === undefined) throw failed('InvalidCiphertextException')
        return plaintext
      }),
    reEncrypt: (use, wrapped) => using(use, () => wrapped),
    describe: (use) => using(use, () => ({ KeyId: use.keyArn })),
    close: () => {},
  }
}
