// A Region as the router sees one: health, locate, and an echo of everything else.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'

export type Echo = {
  readonly region: string
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type FakeRegion = {
  readonly name: string
  readonly origin: string
  /** Replicas by `pool=…`, `client=…` or `domain=…`. */
  readonly replicas: Map<string, { role: 'PRIMARY' | 'SECONDARY'; status: string }>
  /** Every request that reached it but health and locate. */
  readonly served: Echo[]
  /** Answers nothing any more, but keeps listening. */
  hang(): void
  stop(): Promise<void>
  restart(): Promise<void>
}

export const startFakeRegion = async (name: string, routerToken: string): Promise<FakeRegion> => {
  const replicas: FakeRegion['replicas'] = new Map()
  const served: Echo[] = []
  let isHanging = false
  let server: Server
  const listen = async (port: number): Promise<number> => {
    server = createServer((request, response) => {
      if (isHanging) return
      const url = request.url ?? ''
      if (url === '/_twinpool/health') {
        response.end(JSON.stringify({ region: name, status: 'ok' }))
        return
      }
      if (url.startsWith('/_twinpool/locate?')) {
        if (request.headers.authorization !== `Bearer ${routerToken}`) {
          response.writeHead(403).end()
          return
        }
        const replica = replicas.get(url.slice('/_twinpool/locate?'.length))
        if (replica === undefined) response.writeHead(404).end('{}')
        else response.end(JSON.stringify({ poolId: 'any', primaryRegion: 'any', ...replica }))
        return
      }
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const echo: Echo = {
          region: name,
          method: request.method ?? '',
          url,
          headers: request.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }
        served.push(echo)
        response.writeHead(200, { 'content-type': 'application/json', 'x-region': name })
        response.end(JSON.stringify(echo))
      })
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
  const port = await listen(0)
  return {
    name,
    origin: `http://127.0.0.1:${port}`,
    replicas,
    served,
    hang: () => {
      isHanging = true
    },
    stop: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    restart: async () => {
      isHanging = false
      await listen(port)
    },
  }
}
