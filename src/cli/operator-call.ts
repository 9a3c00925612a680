// How commands ask the Regions of a running deployment what only its operator may know.
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { routerTokenOf } from '../region/deployment-secrets.ts'
import { CliFailure } from './cli-failure.ts'
import { readStartedDeployment } from './started-deployment.ts'

const answerTimeoutMs = 10_000

export type OperatorAnswer = { readonly status: number; readonly body: unknown }

export type OperatorCaller = {
  readonly regions: readonly string[]
  /** Rejects with CliFailure when the Region is none of the deployment's, or gives no answer. */
  call(region: string, method: 'GET' | 'POST', path: string): Promise<OperatorAnswer>
}

/** Throws CliFailure when no deployment was started in the folder. */
export const operatorCaller = (dataFolder: string): OperatorCaller => {
  const { deployment, endpoints } = readStartedDeployment(dataFolder)
  const token = routerTokenOf(deployment.deploymentSecret)
  const authority = endpoints.authorityFile === undefined ? undefined : readFileSync(endpoints.authorityFile)
  return {
    regions: Object.keys(endpoints.regions),
    call: async (region, method, path) => {
      const origin = endpoints.regions[region]
      if (origin === undefined)
        throw new CliFailure(`${region} is not a Region of this deployment.`, 'wrongUse')
      const url = new URL(path, origin)
      const isTls = url.protocol === 'https:'
      try {
        return await new Promise((resolve, reject) => {
          const outgoing = (isTls ? httpsRequest : httpRequest)(url, {
            method,
            agent: isTls ? new HttpsAgent({ ca: authority }) : new HttpAgent(),
            signal: AbortSignal.timeout(answerTimeoutMs),
            headers: { authorization: `Bearer ${token}` },
          })
          outgoing.on('error', reject)
          outgoing.on('response', (answer) => {
            text(answer).then(
              (body) => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(body) as unknown }),
              reject,
            )
          })
          outgoing.end()
        })
      } catch (error) {
        throw new CliFailure(`Region ${region} gives no answer. Is it running?`, 'failed', { cause: error })
      }
    },
  }
}
