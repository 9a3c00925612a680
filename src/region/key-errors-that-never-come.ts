// Errors of the key service's model that no request gets here, and why.
import type { NeverComing } from './never-coming.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const noKeyStores = 'there are no custom key stores; asking for one is UnsupportedOperationException'

export const neverComingKeyErrors: readonly NeverComing[] = [
  { error: 'DependencyTimeoutException', because: 'no request waits for another service' },
  { error: 'KeyUnavailableException', because: 'key material lies in the Region’s own store' },
  {
    error: 'InvalidKeyUsageException',
    operations: ['GetPublicKey'],
    because:
      'a key that has no public key is UnsupportedOperationException; for any other usage it is given out',
  },
  { error: 'CloudHsmClusterInvalidConfigurationException', because: noKeyStores },
  { error: 'CustomKeyStoreInvalidStateException', because: noKeyStores },
  {
    error: 'CustomKeyStoreNotFoundException',
    operations: words('CreateKey GenerateRandom'),
    because: noKeyStores,
  },
  { error: 'XksKeyAlreadyInUseException', because: noKeyStores },
  { error: 'XksKeyInvalidConfigurationException', because: noKeyStores },
  { error: 'XksKeyNotFoundException', because: noKeyStores },
  {
    error: 'InvalidAliasNameException',
    because: 'a name that is none is ValidationException, as Amazon answers it',
  },
  {
    error: 'LimitExceededException',
    operations: words('EnableKey UpdateAlias'),
    because: 'nothing that it does has a limit of its own',
  },
  {
    error: 'KMSInvalidStateException',
    operations: words(`
      DeleteAlias DeleteImportedKeyMaterial GetKeyPolicy GetKeyRotationStatus ListGrants ListKeyPolicies ListKeyRotations PutKeyPolicy
      RetireGrant RevokeGrant`),
    because: 'it is taken in every state of a key',
  },
  {
    error: 'UnsupportedOperationException',
    operations: words('GetKeyRotationStatus PutKeyPolicy'),
    because: 'it is taken for every key that there can be',
  },
  {
    error: 'InvalidArnException',
    operations: words('CreateKey ListRetirableGrants'),
    because: 'it names no key',
  },
  { error: 'NotFoundException', operations: ['ListRetirableGrants'], because: 'it names no key' },
  {
    error: 'InvalidGrantIdException',
    operations: words('RetireGrant RevokeGrant'),
    because: 'a grant that the key does not have is NotFoundException',
  },
  {
    error: 'TagException',
    operations: ['UntagResource'],
    because: 'a tag that the key does not have is as good as taken away',
  },
]
