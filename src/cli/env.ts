// `twinpool env`: the deployment of a data folder as shell exports, for `eval "$(twinpool env)"`.
import { join, resolve } from 'node:path'
import { defineCommand } from 'citty'
import { z } from 'zod'
import { CliFailure } from './cli-failure.ts'
import { readFileIfAny } from './data-folder.ts'
import { readDeployment } from './deployment.ts'
import { deploymentEndpoints } from './endpoints.ts'
import { readOptions } from './options.ts'

const declared = {
  data: {
    type: 'string',
    description: 'Data folder of the deployment',
    default: './data',
    valueHint: 'folder',
  },
} as const

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`

export const env = defineCommand({
  meta: { name: 'env', description: 'Print the deployment’s access key and endpoint as shell exports' },
  args: declared,
  run: (context) => {
    const { data } = readOptions(z.object({ data: z.string().min(1) }), context, declared)
    const folder = resolve(data)
    const deployment = readDeployment(join(folder, 'deployment.json'))
    const text = readFileIfAny(join(folder, 'endpoints.json'))
    const [accessKey] = deployment?.accessKeys ?? []
    if (deployment === undefined || accessKey === undefined || text === undefined)
      throw new CliFailure(
        `No deployment was started in ${folder} yet. Run npm start, or name its folder with --data.`,
      )
    const endpoints = deploymentEndpoints.parse(JSON.parse(text))
    const variables: Record<string, string | undefined> = {
      AWS_ACCESS_KEY_ID: accessKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
      AWS_DEFAULT_REGION: deployment.regions[0],
      AWS_ENDPOINT_URL: endpoints.router,
      AWS_CA_BUNDLE: endpoints.authorityFile,
    }
    for (const [name, value] of Object.entries(variables))
      if (value !== undefined) console.log(`export ${name}=${quoted(value)}`)
  },
})
