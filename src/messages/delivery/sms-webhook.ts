// SMS through an HTTP endpoint of the operator's own: a JSON body, and any 2xx means that the message was taken.
import { post } from './post.ts'
import { DeliveryFailure, type Transport } from './transport.ts'

export type SmsWebhookConfiguration = {
  readonly url: string
  /** Sent as a bearer token. */
  readonly token?: string | undefined
}

export const createSmsWebhook = (
  { url, token }: SmsWebhookConfiguration,
  { region, timeLimitMs }: { readonly region: string; readonly timeLimitMs: number },
): Transport => ({
  send: async ({ poolId, to, body }) => {
    const { status } = await post(
      url,
      {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      JSON.stringify({ to, body, poolId, region }),
      timeLimitMs,
    )
    if (status < 200 || status > 299) throw new DeliveryFailure(`HTTP ${status}`)
  },
  close: () => {},
})
