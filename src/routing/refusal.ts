// Answers of the router itself, in the shape that the caller's protocol expects.
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'

export type Refusal = {
  readonly status: number
  /** AWS exception name, or the error code of RFC 6749 for OAuth callers. */
  readonly code: keyof typeof oauthCodes
  readonly message: string
}

/** The same refusals in the words of OAuth (RFC 6749, sections 4.1.2.1 and 5.2). */
const oauthCodes = {
  ServiceUnavailableException: 'temporarily_unavailable',
  InvalidSignatureException: 'invalid_request',
  RequestEntityTooLargeException: 'invalid_request',
  UnknownOperationException: 'invalid_request',
  RequestTimeoutException: 'temporarily_unavailable',
} as const

/** Writes it. `isAws` says whether the caller speaks an AWS protocol; otherwise the body is OAuth's. */
export const refuse = (response: ServerResponse, refusal: Refusal, isAws: boolean): void => {
  const { status, code, message } = refusal
  const body = isAws ? { __type: code, message } : { error: oauthCodes[code], error_description: message }
  response.writeHead(status, {
    'content-type': isAws ? 'application/x-amz-json-1.1' : 'application/json',
    'cache-control': 'no-store',
    // A page of another origin may read why its call failed, as it may read a Region's errors.
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'x-amzn-requestid,x-amzn-errortype',
    'x-amzn-requestid': randomUUID(),
    ...(isAws ? { 'x-amzn-errortype': code } : {}),
    ...(status === 413 ? { connection: 'close' } : {}),
  })
  response.end(JSON.stringify(body))
}
