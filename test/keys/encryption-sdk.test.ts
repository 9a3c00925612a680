// The AWS Encryption SDK, an application of KMS that checks much of what it answers: data sealed in one Region is opened in the other.
import {
  AwsKmsMrkAwareSymmetricDiscoveryKeyringNode,
  AwsKmsMrkAwareSymmetricKeyringNode,
  buildClient,
  CommitmentPolicy,
  KmsKeyringNode,
} from '@aws-crypto/client-node'
import * as kms from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { account, startRegions, type TestRegions } from '../support/regions.ts'

let regions: TestRegions
beforeAll(async () => {
  regions = await startRegions()
})
afterAll(() => regions.close())

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const text = 'what an application seals'
const encryptionContext = { purpose: 'the test' }
/** The older kind of client, with a method for each operation; the Encryption SDK brings types of its own for it. */
const clientOf = (region: string) =>
  new kms.KMS({
    region,
    endpoint: regions.origins[region] ?? '',
    credentials: regions.credentials,
    maxAttempts: 1,
  }) as never

test('data sealed under a key opens under it, with its context', async () => {
  const { KeyMetadata } = await regions.kms('us-east-1').send(new kms.CreateKeyCommand({}))
  const generatorKeyId = KeyMetadata?.Arn ?? ''
  const keyring = new KmsKeyringNode({ generatorKeyId, clientProvider: clientOf })
  const { result } = await encrypt(keyring, text, { encryptionContext })
  const { plaintext, messageHeader } = await decrypt(keyring, result)
  expect(plaintext.toString()).toBe(text)
  expect(messageHeader.encryptionContext).toMatchObject(encryptionContext)
})

test('data sealed under a multi-Region key opens in the other Region, its key found by the ciphertext', async () => {
  const { KeyMetadata } = await regions.kms('us-east-1').send(new kms.CreateKeyCommand({ MultiRegion: true }))
  const { KeyId, Arn: keyId = '' } = KeyMetadata ?? {}
  await regions.kms('us-east-1').send(new kms.ReplicateKeyCommand({ KeyId, ReplicaRegion: 'us-west-2' }))
  const sealing = new AwsKmsMrkAwareSymmetricKeyringNode({ keyId, client: clientOf('us-east-1') })
  const { result } = await encrypt(sealing, text, { encryptionContext })
  const opening = new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({
    client: clientOf('us-west-2'),
    discoveryFilter: { accountIDs: [account], partition: 'aws' },
  } as never)
  expect((await decrypt(opening, result)).plaintext.toString()).toBe(text)
})
