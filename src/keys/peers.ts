// How the key service of one Region tells another of related keys: the port, and the messages that cross it.

/** What a new related key is made from. It travels sealed under the deployment's transport key, as base64. */
export type ReplicaPayload = {
  readonly keyId: string
  readonly material: string
  readonly createdAtMs: number
  readonly description: string
  readonly policy: string
  readonly tags: Readonly<Record<string, string>>
  readonly primaryRegion: string
  readonly replicaRegions: readonly string[]
}

export type PeerMessage =
  /** Primary to target: make the replica. */
  | { readonly kind: 'create-replica'; readonly keyId: string; readonly sealed: string }
  /** Primary to its replicas: these are the related keys now. */
  | {
      readonly kind: 'relations'
      readonly keyId: string
      readonly primaryRegion: string
      readonly replicaRegions: readonly string[]
    }
  /** Replica to primary: it has been deleted. */
  | { readonly kind: 'replica-deleted'; readonly keyId: string }

/** Rejects with a Fault of the peer, or with any other error when the peer can't be reached. */
export type PeerKeyServices = {
  readonly knownRegions: readonly string[]
  send(region: string, message: PeerMessage): Promise<void>
}
