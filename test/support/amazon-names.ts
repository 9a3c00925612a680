// Reaches Amazon's own host names at a deployment's router, as a machine does whose DNS and port forwarding point them there.
import { readFileSync } from 'node:fs'
import { Agent, type AgentOptions, request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { DeploymentEndpoints } from '../../src/cli/endpoints.ts'

/** Connects to the router, whatever host and port are asked for, and checks its certificate for the host that was asked for. */
class RouterAgent extends Agent {
  readonly #router: URL

  constructor(router: URL, options: AgentOptions) {
    super(options)
    this.#router = router
  }

  override createConnection(options: { readonly host?: string; readonly servername?: string }): TLSSocket {
    return connect({
      ...options,
      host: this.#router.hostname,
      port: Number(this.#router.port),
      servername: options.servername ?? options.host ?? '',
    })
  }
}

type Answer = { readonly status: number; readonly body: string }

export type AmazonNames = {
  /** For clients of the AWS SDK, which then need no endpoint at all. */
  readonly requestHandler: NodeHttpHandler
  readonly get: (url: string) => Promise<Answer>
  readonly post: (url: string, headers: Record<string, string>, body: string) => Promise<Answer>
  close(): void
}

export const amazonNames = ({
  router,
  authorityFile,
}: Pick<DeploymentEndpoints, 'router' | 'authorityFile'>): AmazonNames => {
  const agent = new RouterAgent(new URL(router), {
    keepAlive: true,
    ...(authorityFile === undefined ? {} : { ca: readFileSync(authorityFile) }),
  })
  const send = (
    method: string,
    url: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = request(url, { method, agent, headers }, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          text += chunk
        })
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }))
        incoming.on('error', reject)
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  return {
    requestHandler: new NodeHttpHandler({ httpsAgent: agent }),
    get: (url) => send('GET', url, {}, ''),
    post: (url, headers, body) => send('POST', url, headers, body),
    close: () => agent.destroy(),
  }
}
