// Which key a pool's KeyConfiguration asks for: the service's own, or a customer managed key of this Region and account.
import type { KeyConfigurationType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'

const keyArnPattern = /^arn:[\w-]+:kms:([\w-]+):(\d{12}):key\/[\w-]+$/

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/**
 * The customer managed key's ARN, or undefined for the service-owned key. That the key exists, is enabled, encrypts, and lets
 * the service in is found out by using it.
 */
export const kmsKeyArnOf = (
  given: KeyConfigurationType | undefined,
  place: { readonly region: string; readonly account: string },
): string | undefined => {
  const { KeyType, KmsKeyArn } = given ?? {}
  if (KeyType === 'AWS_OWNED_KEY' && KmsKeyArn !== undefined)
    throw refuse('KmsKeyArn must not be given when KeyType is AWS_OWNED_KEY.')
  if (KeyType === 'CUSTOMER_MANAGED_KEY' && KmsKeyArn === undefined)
    throw refuse('KmsKeyArn is required when KeyType is CUSTOMER_MANAGED_KEY.')
  if (KmsKeyArn === undefined) return undefined
  const match = keyArnPattern.exec(KmsKeyArn)
  if (match === null) throw refuse(`Invalid KmsKeyArn ${KmsKeyArn}: it must be the ARN of a KMS key.`)
  if (match[1] !== place.region)
    throw refuse(`Invalid KmsKeyArn ${KmsKeyArn}: the key must be in this Region, ${place.region}.`)
  if (match[2] !== place.account)
    throw refuse(`Invalid KmsKeyArn ${KmsKeyArn}: the key must be in this account, ${place.account}.`)
  return KmsKeyArn
}
