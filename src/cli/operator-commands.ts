// What the commands for operators share: the flags, and signed calls to a Region of the deployment in a data folder.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { createOperatorClient, OperatorRefusal } from '../operator/operator-client.ts'
import { regionName } from '../region/configuration.ts'
import { CliFailure } from './cli-failure.ts'
import { readStartedDeployment } from './started-deployment.ts'

export const dataFlag = {
  type: 'string',
  description: 'Data folder of the deployment',
  default: './data',
  valueHint: 'folder',
} as const

export const poolFlag = {
  type: 'string',
  required: true,
  description: 'The user pool',
  valueHint: 'us-east-1_Ab12Cd34E',
} as const

export const regionFlag = (description: string) =>
  ({ type: 'string', required: true, description, valueHint: 'us-west-2' }) as const

export const operatorOptions = z.object({
  data: z.string().min(1),
  pool: z.string().min(1),
  region: regionName,
})

/** Calls with the account's own access key. Rejects with CliFailure: the service's refusal in its words, or that nobody answers. */
export const callOperator = async (
  { data, region }: { readonly data: string; readonly region: string },
  operation: string,
  input: object,
): Promise<unknown> => {
  const { deployment, endpoints } = readStartedDeployment(data)
  const origin = endpoints.regions[region]
  const [credentials] = deployment.accessKeys
  if (origin === undefined || credentials === undefined)
    throw new CliFailure(`${region} is not a Region of this deployment.`, 'wrongUse')
  const client = createOperatorClient({
    origin,
    region,
    credentials,
    authority: endpoints.authorityFile === undefined ? undefined : readFileSync(endpoints.authorityFile),
  })
  try {
    return await client.call(operation, input)
  } catch (error) {
    if (error instanceof OperatorRefusal) throw new CliFailure(error.message, 'failed', { cause: error })
    throw new CliFailure(`Region ${region} gives no answer. Is it running?`, 'failed', { cause: error })
  }
}
