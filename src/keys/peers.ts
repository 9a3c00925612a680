// How the key service of one Region tells another of related keys: the port, and the messages that cross it.

import type { KeyRecord } from './key-records.ts'

/** What all related keys share. It travels sealed under the deployment's transport key, as base64. */
export type SharedPayload = Pick<
  KeyRecord,
  'keyId' | 'origin' | 'spec' | 'usage' | 'materials' | 'rotation'
> &
  NonNullable<KeyRecord['multiRegion']>

/** What a new related key is made from; sealed in the same way. */
export type ReplicaPayload = SharedPayload &
  Pick<KeyRecord, 'createdAtMs' | 'description' | 'policy' | 'tags'>

export type PeerMessage =
  /** Primary to target: make the replica. */
  | { readonly kind: 'create-replica'; readonly keyId: string; readonly sealed: string }
  /** Primary to its replicas: this is what the related keys share now. */
  | { readonly kind: 'shared'; readonly keyId: string; readonly sealed: string }
  /** Primary to one of its replicas: be the primary, if your policy lets this caller change that. */
  | {
      readonly kind: 'become-primary'
      readonly keyId: string
      readonly sealed: string
      readonly callerArn: string
      /** What the caller's own policies say of the replica; absent when nothing. Its Region doesn't know them. */
      readonly decision?: 'Allow' | 'Deny' | undefined
      /** What the request brings to the conditions of the replica's policy. */
      readonly conditions?: readonly (readonly [key: string, values: readonly string[]])[] | undefined
    }
  /** Replica to primary: is the key still there? Refused with NotFoundException when it is not. */
  | { readonly kind: 'find'; readonly keyId: string }
  /** Replica to primary: the material that waits for a rotation has been imported here. */
  | { readonly kind: 'imported'; readonly keyId: string; readonly materialId: string }
  /** Replica to primary: it has been deleted. */
  | { readonly kind: 'replica-deleted'; readonly keyId: string }

/** Rejects with a Fault of the peer, or with any other error when the peer can't be reached. */
export type PeerKeyServices = {
  readonly knownRegions: readonly string[]
  send(region: string, message: PeerMessage): Promise<void>
}
