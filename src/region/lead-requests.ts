// Requests that only the lead node of a Region can answer, and how the other nodes hand them to it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { createForwarder } from '../routing/forward.ts'
import type { Logger } from '../telemetry/log.ts'
import { recopyPath, replicasPath } from './operator-app.ts'
import type { Lead } from './region-store.ts'

/** Operations that start, stop or steer replication, which runs at the lead node. */
const leadOperation = /^(AWSCognitoIdentityProviderService\.\w+UserPoolReplica|TwinpoolOperatorService\.\w+)$/

/** Set on what one node hands to another: a node that no longer leads answers it with 503 instead of handing it on in a circle. */
const handedOnHeader = 'x-twinpool-handed-on'

const leadPaths: ReadonlySet<string> = new Set([replicasPath, recopyPath])

export const isForLead = (request: IncomingMessage): boolean =>
  leadPaths.has((request.url ?? '').split('?', 1)[0] ?? '') ||
  leadOperation.test(String(request.headers['x-amz-target'] ?? ''))

const refuse = (response: ServerResponse): void => {
  response
    .writeHead(503, {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-errortype': 'ServiceUnavailable',
    })
    .end(
      JSON.stringify({
        __type: 'ServiceUnavailable',
        code: 'Unreachable',
        message: 'The node that leads this Region is changing. Please try again.',
      }),
    )
}

/** True when the request was taken: this node doesn't lead, and the lead node has it (or nobody can). */
export const handToLead = async (
  request: IncomingMessage,
  response: ServerResponse,
  parts: {
    readonly lead: Pick<Lead, 'isLeader' | 'leader'>
    readonly forwarder: ReturnType<typeof createForwarder>
    readonly log: Logger
  },
): Promise<boolean> => {
  if (parts.lead.isLeader() || !isForLead(request)) return false
  const origin = parts.lead.leader()
  if (origin === undefined || request.headers[handedOnHeader] !== undefined) {
    refuse(response)
    return true
  }
  try {
    request.rawHeaders.push(handedOnHeader, '1')
    await parts.forwarder.forward(request, response, { origin, path: request.url ?? '/', body: undefined })
  } catch (error) {
    parts.log.warn({ err: error }, 'the lead node of this Region gave no answer')
    if (!response.headersSent) refuse(response)
  }
  return true
}
