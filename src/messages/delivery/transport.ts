// What carries messages out of the deployment, and how it fails.

/** A message with everything that the pool's settings say of it. */
export type OutgoingMessage = {
  readonly poolId: string
  readonly to: string
  readonly subject: string
  readonly body: string
  readonly isHtml: boolean
  /** In place of the deployment's own sender. */
  readonly from: string | undefined
  readonly replyTo: string | undefined
}

export type Transport = {
  /** Resolves when the message was taken for delivery. Rejects with DeliveryFailure, or any other error of the network. */
  send(message: OutgoingMessage): Promise<void>
  close(): void
}

/** `reason` is a code for the log: it names neither addresses nor texts. */
export class DeliveryFailure extends Error {
  readonly reason: string

  constructor(reason: string, options?: { cause?: unknown }) {
    super(`a message could not be delivered: ${reason}`, options)
    this.name = 'DeliveryFailure'
    this.reason = reason
  }
}
