// The router's own questions to Regions: are you well, and do you have this pool.
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { z } from 'zod'
import type { Replica } from './candidates.ts'

const answerBytesMax = 64 * 1024
const questionTimeoutMs = 1_000

const location = z.object({ poolId: z.string(), role: z.enum(['PRIMARY', 'SECONDARY']), status: z.string() })

export type PoolQuery = { readonly by: 'pool' | 'client' | 'domain'; readonly value: string }

export type RegionClient = {
  /** Rejects when the Region doesn't answer 200 in time. */
  probe(region: string): Promise<void>
  /** The Region's replica of the pool, or undefined when it has none. Rejects when the Region doesn't answer in time. */
  locate(region: string, query: PoolQuery): Promise<Replica | undefined>
  close(): void
}

export type RegionClientOptions = {
  readonly regions: readonly { readonly name: string; readonly origin: string }[]
  readonly routerToken: string
  /** PEM of the authority that signs the Regions' certificates. */
  readonly authority: Buffer | undefined
}

export const createRegionClient = (options: RegionClientOptions): RegionClient => {
  const origins = new Map(options.regions.map(({ name, origin }) => [name, origin]))
  const agents = {
    http: new HttpAgent({ keepAlive: true, maxSockets: 32 }),
    https: new HttpsAgent({ keepAlive: true, maxSockets: 32, ca: options.authority }),
  }

  const ask = (region: string, path: string): Promise<{ status: number; body: string }> => {
    const origin = origins.get(region)
    if (origin === undefined)
      return Promise.reject(new RangeError(`${region} is not a Region of this router`))
    const url = new URL(path, origin)
    const isTls = url.protocol === 'https:'
    return new Promise((resolve, reject) => {
      const question = (isTls ? httpsRequest : httpRequest)(url, {
        agent: isTls ? agents.https : agents.http,
        signal: AbortSignal.timeout(questionTimeoutMs),
        headers: { authorization: `Bearer ${options.routerToken}` },
      })
      question.on('error', reject)
      question.on('response', (answer) => {
        const chunks: Buffer[] = []
        let length = 0
        answer.on('data', (chunk: Buffer) => {
          length += chunk.length
          if (length > answerBytesMax) question.destroy(new Error(`the answer of ${region} is too large`))
          else chunks.push(chunk)
        })
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        )
      })
      question.end()
    })
  }

  return {
    probe: async (region) => {
      const { status } = await ask(region, '/_twinpool/health')
      if (status !== 200) throw new Error(`the health endpoint of ${region} answered ${status}`)
    },
    locate: async (region, { by, value }) => {
      const query = new URLSearchParams({ [by]: value }).toString()
      const { status, body } = await ask(region, `/_twinpool/locate?${query}`)
      if (status === 404) return undefined
      if (status !== 200) throw new Error(`${region} answered ${status} when asked for a pool`)
      const { role, status: replicaStatus } = location.parse(JSON.parse(body))
      return { region, role, status: replicaStatus }
    },
    close: () => {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}
