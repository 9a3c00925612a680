// `twinpool env`: the deployment of a data folder as shell exports, for `eval "$(twinpool env)"`.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { readOptions } from './options.ts'
import { readStartedDeployment } from './started-deployment.ts'

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
    const { deployment, endpoints } = readStartedDeployment(data)
    const [accessKey] = deployment.accessKeys
    const variables: Record<string, string | undefined> = {
      AWS_ACCESS_KEY_ID: accessKey?.accessKeyId,
      AWS_SECRET_ACCESS_KEY: accessKey?.secretAccessKey,
      AWS_REGION: deployment.regions[0],
      AWS_DEFAULT_REGION: deployment.regions[0],
      AWS_ENDPOINT_URL: endpoints.router,
      AWS_CA_BUNDLE: endpoints.authorityFile,
      NODE_EXTRA_CA_CERTS: endpoints.authorityFile,
    }
    // What a shell that works with Amazon as well may hold would go along with this key, or in place of it.
    console.log('unset AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE')
    for (const [name, value] of Object.entries(variables))
      if (value !== undefined) console.log(`export ${name}=${quoted(value)}`)
  },
})
