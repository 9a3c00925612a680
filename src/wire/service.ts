// What the wire needs to know of an AWS JSON service: its model, which operations are built, and how to run one.
import type { ServiceModel } from './model.ts'

/** What is asked: `cognito-idp:AdminGetUser` of an ARN, with condition keys in lower case and their values. */
export type PermissionRequest = {
  readonly action: string
  readonly resource: string
  readonly context: ReadonlyMap<string, readonly string[]>
}

/** What the policies attached to an access key's user say; undefined when they say nothing of it. */
export type IdentityDecision = (request: PermissionRequest) => 'Allow' | 'Deny' | undefined

/** Who signed the request. A service principal is a part of Twinpool itself calling on behalf of a user pool. */
export type Caller =
  | {
      readonly kind: 'account'
      readonly account: string
      readonly accessKeyId: string
      /** `arn:aws:iam::<account>:root`, which may do everything, or `arn:aws:iam::<account>:user/<name>` */
      readonly arn: string
      /** Of a user; absent for root. */
      readonly decide?: IdentityDecision
    }
  | {
      readonly kind: 'service'
      readonly account: string
      readonly accessKeyId: string
      /** For example `cognito-idp.amazonaws.com`. */
      readonly principal: string
      /** From the signed headers x-amz-source-arn and x-amz-source-account. */
      readonly sourceArn?: string
      readonly sourceAccount?: string
    }

/** One decoded, authenticated and validated request. `caller` is absent when the operation needs no signature and none was sent. */
export type Invocation = {
  readonly operation: string
  readonly input: unknown
  readonly caller: Caller | undefined
  readonly requestId: string
  /** Address of the client, for rate limits and risk; never logged with personal data. */
  readonly sourceIp: string
}

export type Service = {
  readonly model: ServiceModel
  /** Whether the operation has a handler; a known operation without one answers 501. */
  isBuilt(operation: string): boolean
  /** Why a known operation has no handler, where there is more to say than that it has none. */
  whyNotBuilt?(operation: string): string | undefined
  /** Runs it. Resolves with the output in SDK form (Date for timestamps, Uint8Array for blobs), or rejects with a Fault. */
  invoke(invocation: Invocation): Promise<unknown>
}

/** A secret access key and who signs with it. */
export type Credential = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly caller:
    | Omit<Extract<Caller, { kind: 'account' }>, 'accessKeyId'>
    | Omit<Extract<Caller, { kind: 'service' }>, 'accessKeyId'>
}

export type CredentialLookup = (accessKeyId: string) => Credential | undefined
