// How a key operation is declared and what it is given; and the steps that nearly all of them begin with: find the key, ask its policy.
import type * as kms from '@aws-sdk/client-kms'
import { requirePermission } from '../iam/permission.ts'
import { Conflict } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { DataKey } from '../vault/envelope.ts'
import { Fault } from '../wire/fault.ts'
import type { AnswerOf, OperationNameOf, RequestOf } from '../wire/sdk-types.ts'
import type { Caller } from '../wire/service.ts'
import { authorize } from './authorize.ts'
import type { EncryptionContext } from './ciphertext.ts'
import { isPendingImport } from './key-material.ts'
import type { KeyCollection, KeyRecord, KeyRecords, StoredRecord } from './key-records.ts'
import type { News } from './news.ts'
import type { PeerKeyServices } from './peers.ts'
import type { Rotations } from './rotations.ts'
import type { Usage } from './usage.ts'

export type KeyServiceParts = {
  readonly region: string
  readonly account: string
  readonly clock: Clock
  readonly random: Random
  readonly records: KeyRecords
  readonly peers: PeerKeyServices
  readonly news: News
  readonly transportKey: DataKey
}

export type KeyContext = KeyServiceParts & {
  readonly caller: Caller
  readonly rotations: Rotations
  readonly usage: Usage
}

type Sdk = typeof kms
export type KeyOperationName = OperationNameOf<Sdk>

export type KeyOperation<Name extends KeyOperationName> = {
  readonly name: Name
  readonly handle: (input: RequestOf<Sdk, Name>, context: KeyContext) => Promise<AnswerOf<Sdk, Name>>
}

/** What the registry sees of any key operation. */
export type AnyKeyOperation = {
  readonly name: string
  readonly handle: (input: never, context: KeyContext) => Promise<unknown>
}

export const keyOperation = <Name extends KeyOperationName>(
  declaration: KeyOperation<Name>,
): KeyOperation<Name> => declaration

type Place = { readonly region: string; readonly account: string }

export const keyArnOf = (keyId: string, { region, account }: Place): string =>
  `arn:aws:kms:${region}:${account}:key/${keyId}`
export const aliasArnOf = (name: string, { region, account }: Place): string =>
  `arn:aws:kms:${region}:${account}:${name}`

const arnSyntax = /^arn:aws[\w-]*:kms:([\w-]+):(\d{12}):(key\/[^/:]+|alias\/.+)$/

/** What a KeyId means: the plain key ID, or the alias name that has to be looked up. Throws NotFoundException, InvalidArnException. */
const parseKeyReference = (
  reference: string,
  context: KeyContext,
): { readonly keyId?: string; readonly alias?: string } => {
  if (!reference.startsWith('arn:'))
    return reference.startsWith('alias/') ? { alias: reference } : { keyId: reference }
  const match = arnSyntax.exec(reference)
  if (match === null) throw new Fault('InvalidArnException', `Invalid arn ${reference}`)
  const [, region, account, resource = ''] = match
  if (region !== context.region) throw new Fault('NotFoundException', `Invalid arn ${region}`)
  if (account !== context.account) throw new Fault('NotFoundException', `Key '${reference}' does not exist`)
  return resource.startsWith('alias/') ? { alias: resource } : { keyId: resource.slice('key/'.length) }
}

/** Erases a key whose deletion date has come; to the caller it is gone. */
const isPastDeletion = (key: KeyRecord, context: KeyContext): boolean =>
  key.deletion?.atMs !== undefined && key.deletion.atMs <= context.clock.now()

const dropIfThere = async <Value>(records: KeyCollection<Value>, id: string): Promise<void> => {
  const stored = await records.get(id)
  if (stored !== undefined) await records.delete(stored)
}

/** Deletes the key's record, material included, and tells its primary, once: whoever comes second finds it gone. */
export const eraseKey = async (stored: StoredRecord<KeyRecord>, context: KeyServiceParts): Promise<void> => {
  const { multiRegion, keyId } = stored.value
  const isReplica = multiRegion !== undefined && multiRegion.primaryRegion !== context.region
  try {
    await dropIfThere(context.records.grants, keyId)
    await dropIfThere(context.records.usage, keyId)
    await context.records.eraseKey(
      stored,
      isReplica
        ? context.news.recordOf(multiRegion.primaryRegion, { kind: 'replica-deleted', keyId })
        : undefined,
    )
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
  }
  context.news.nudge()
}

/** The key that a KeyId names (ID, ARN, alias or alias ARN). Throws NotFoundException, InvalidArnException. */
export const resolveKey = async (
  reference: string,
  context: KeyContext,
): Promise<StoredRecord<KeyRecord>> => {
  const { keyId: plain, alias } = parseKeyReference(reference, context)
  const aliased = alias === undefined ? undefined : (await context.records.aliases.get(alias))?.value.keyId
  if (alias !== undefined && aliased === undefined)
    throw new Fault('NotFoundException', `Alias ${aliasArnOf(alias, context)} is not found.`)
  const keyId = plain ?? aliased ?? ''
  const stored = await context.records.keys.get(keyId)
  if (stored !== undefined && !isPastDeletion(stored.value, context)) return stored
  if (stored !== undefined) await eraseKey(stored, context)
  throw new Fault('NotFoundException', `Key '${keyArnOf(keyId, context)}' does not exist`)
}

/** Finds the key and asks its policy. Throws NotFoundException, InvalidArnException, AccessDeniedException. */
export const findKey = async (
  reference: string,
  action: string,
  context: KeyContext,
  encryptionContext?: EncryptionContext,
): Promise<StoredRecord<KeyRecord>> => {
  const stored = await resolveKey(reference, context)
  await authorize(stored.value.policy, {
    caller: context.caller,
    action,
    keyArn: keyArnOf(stored.value.keyId, context),
    account: context.account,
    ...(encryptionContext === undefined ? {} : { encryptionContext }),
    grants: async () => (await context.records.grants.get(stored.value.keyId))?.value.grants ?? [],
  })
  return stored
}

/** Throws KMSInvalidStateException while the key is pending deletion: most changes are refused then. */
export const requireNotPendingDeletion = (key: KeyRecord, context: KeyServiceParts): void => {
  if (key.deletion !== undefined)
    throw new Fault('KMSInvalidStateException', `${keyArnOf(key.keyId, context)} is pending deletion.`)
}

/** Throws KMSInvalidStateException for a key into which material has to be imported first. */
export const requireImported = (key: KeyRecord, context: KeyServiceParts): void => {
  if (isPendingImport(key, context.clock.now()))
    throw new Fault('KMSInvalidStateException', `${keyArnOf(key.keyId, context)} is pending import.`)
}

/** Throws DisabledException or KMSInvalidStateException for a key that can't encrypt or decrypt now. */
export const requireUsable = (key: KeyRecord, context: KeyServiceParts): void => {
  requireNotPendingDeletion(key, context)
  requireImported(key, context)
  if (!key.isEnabled) throw new Fault('DisabledException', `${keyArnOf(key.keyId, context)} is disabled.`)
}

/** Operations that are about the account and not about one key are for the account's own callers. */
export const requireAccountCaller = (action: string, context: KeyContext): void => {
  if (context.caller.kind === 'account') {
    requirePermission(context.caller, { action, resource: '*', context: new Map() })
    return
  }
  throw new Fault(
    'AccessDeniedException',
    `User: ${context.caller.principal} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
  )
}
