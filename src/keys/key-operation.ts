// How a key operation is declared and what it is given; and the steps that nearly all of them begin with: find the key, ask its policy.
import type * as kms from '@aws-sdk/client-kms'
import type { ConditionContext } from '../iam/condition-context.ts'
import { requirePermission } from '../iam/permission.ts'
import { Conflict } from '../store/store.ts'
import { Fault } from '../wire/fault.ts'
import type { AnswerOf, OperationNameOf, RequestOf } from '../wire/sdk-types.ts'
import type { Caller } from '../wire/service.ts'
import { aliasesOf } from './aliases.ts'
import { authorize, callerNameOf, type KeyRequest } from './authorize.ts'
import type { EncryptionContext } from './encryption-context.ts'
import { isPendingImport } from './key-material.ts'
import type { KeyCollection, KeyRecord, StoredRecord } from './key-records.ts'
import { aliasArnOf, keyArnOf, parseKeyReference } from './key-reference.ts'
import type { KeyServiceParts, Rotations } from './key-service-parts.ts'
import { type KeyRequestFacts, keyConditions, requestConditions } from './request-conditions.ts'
import type { Usage } from './usage.ts'

export { aliasArnOf, keyArnOf }

export type KeyContext = KeyServiceParts & {
  readonly caller: Caller
  readonly request: KeyRequestFacts
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
    for (const { name, keyId: target } of await aliasesOf(context.records))
      if (target === keyId) await dropIfThere(context.records.aliases, name)
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

const findAliased = async (alias: string, context: KeyContext): Promise<string> => {
  const stored = await context.records.aliases.get(alias)
  if (stored !== undefined) return stored.value.keyId
  throw new Fault('NotFoundException', `Alias ${aliasArnOf(alias, context)} is not found.`)
}

/** The ID of the key that a KeyId names, whether or not it is there. Throws NotFoundException, InvalidArnException, AccessDeniedException. */
export const keyIdNamed = async (reference: string, action: string, context: KeyContext): Promise<string> => {
  const { region, account, caller } = context
  const named = parseKeyReference(reference, action, { region, account, callerName: callerNameOf(caller) })
  return 'keyId' in named ? named.keyId : findAliased(named.alias, context)
}

/** The key that a KeyId names, for an operation with this permission. Throws NotFoundException, InvalidArnException, AccessDeniedException. */
export const resolveKey = async (
  reference: string,
  action: string,
  context: KeyContext,
): Promise<StoredRecord<KeyRecord>> => {
  const keyId = await keyIdNamed(reference, action, context)
  const stored = await context.records.keys.get(keyId)
  if (stored !== undefined && !isPastDeletion(stored.value, context)) return stored
  if (stored !== undefined) await eraseKey(stored, context)
  throw new Fault('NotFoundException', `Key '${keyArnOf(keyId, context)}' does not exist`)
}

/** Aliases are looked up only where a condition may be about them: in the key's policy, or in a user's own. */
const mayAskForAliases = ({ policy }: KeyRecord, caller: Caller): boolean =>
  /kms:ResourceAliases/i.test(policy) || (caller.kind === 'account' && caller.decide !== undefined)

export const conditionsOf = (
  action: string,
  { request, caller, region, clock }: KeyContext,
): ConditionContext => requestConditions(action, request, caller, { region, nowMs: clock.now() })

/** What the key's policy is asked: this caller, this action, and all that conditions can be about. */
export const keyRequestOf = async (
  key: KeyRecord,
  action: string,
  context: KeyContext,
  encryptionContext: EncryptionContext = {},
): Promise<KeyRequest> => {
  const { caller, account, region } = context
  const aliases = mayAskForAliases(key, caller)
    ? (await aliasesOf(context.records)).filter(({ keyId }) => keyId === key.keyId)
    : []
  const names = aliases.map(({ name }) => name)
  return {
    caller,
    account,
    action,
    keyArn: keyArnOf(key.keyId, context),
    encryptionContext,
    conditions: new Map([...conditionsOf(action, context), ...keyConditions(key, names, region)]),
  }
}

/** Finds the key and asks its policy. Throws as resolveKey, and AccessDeniedException. */
export const findKey = async (
  reference: string,
  action: string,
  context: KeyContext,
  encryptionContext?: EncryptionContext,
): Promise<StoredRecord<KeyRecord>> => {
  const stored = await resolveKey(reference, action, context)
  const { keyId, policy } = stored.value
  await authorize(policy, {
    ...(await keyRequestOf(stored.value, action, context, encryptionContext)),
    grants: async () => (await context.records.grants.get(keyId))?.value.grants ?? [],
  })
  return stored
}

/** Asks the policy of the key that an alias leads to; a key that is gone has none. Throws AccessDeniedException. */
export const requireKeyPermission = async (
  keyId: string,
  action: string,
  context: KeyContext,
): Promise<void> => {
  if ((await context.records.keys.get(keyId)) !== undefined) await findKey(keyId, action, context)
}

/** Throws KMSInvalidStateException while the key is pending deletion, or waits for its replicas' ("Key states", KMS Developer Guide). */
export const requireNotPendingDeletion = ({ keyId, deletion }: KeyRecord, context: KeyServiceParts): void => {
  if (deletion === undefined) return
  const state = deletion.atMs === undefined ? 'pending replica deletion' : 'pending deletion'
  throw new Fault('KMSInvalidStateException', `${keyArnOf(keyId, context)} is ${state}.`)
}

/** Throws KMSInvalidStateException for a key into which material has to be imported first. */
export const requireImported = (key: KeyRecord, context: KeyServiceParts): void => {
  if (isPendingImport(key, context.clock.now()))
    throw new Fault('KMSInvalidStateException', `${keyArnOf(key.keyId, context)} is pending import.`)
}

/** Throws DisabledException or KMSInvalidStateException for a key that can't be used now, nor be replicated or change places with a replica. */
export const requireUsable = (key: KeyRecord, context: KeyServiceParts): void => {
  requireNotPendingDeletion(key, context)
  requireImported(key, context)
  if (!key.isEnabled) throw new Fault('DisabledException', `${keyArnOf(key.keyId, context)} is disabled.`)
}

/** Operations that are about the account or an alias (`resource`), and not about one key, are for the account's own callers. */
export const requireAccountCaller = (
  action: string,
  context: KeyContext,
  {
    resource = '*',
    conditions = [],
  }: {
    readonly resource?: string
    readonly conditions?: Iterable<readonly [string, readonly string[]]>
  } = {},
): void => {
  if (context.caller.kind === 'account') {
    requirePermission(context.caller, {
      action,
      resource,
      context: new Map([...conditionsOf(action, context), ...conditions]),
    })
    return
  }
  throw new Fault(
    'AccessDeniedException',
    `User: ${context.caller.principal} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
  )
}
