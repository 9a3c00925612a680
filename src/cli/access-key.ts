// `twinpool access-key`: makes an access key for a user of the deployment who may do only what a policy allows.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defineCommand } from 'citty'
import { z } from 'zod'
import { identityPolicy } from '../iam/identity-policy.ts'
import { accessKey } from '../region/configuration.ts'
import { systemRandom } from '../telemetry/clock.ts'
import { CliFailure } from './cli-failure.ts'
import { writePrivateFile } from './data-folder.ts'
import { accessKeysMax, makeAccessKey, readDeployment } from './deployment.ts'
import { readOptions } from './options.ts'

const declared = {
  data: {
    type: 'string',
    description: 'Data folder of the deployment',
    default: './data',
    valueHint: 'folder',
  },
  name: { type: 'string', required: true, description: 'Name of the user', valueHint: 'name' },
  policy: {
    type: 'string',
    required: true,
    description: 'File with an IAM policy document (JSON)',
    valueHint: 'file',
  },
} as const

const options = z.object({
  data: z.string().min(1),
  name: accessKey.shape.userName.unwrap(),
  policy: z.string().min(1),
})

const readPolicy = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CliFailure(`${path} can't be read as JSON.`, 'failed', { cause: error })
  }
}

export const accessKeyCommand = defineCommand({
  meta: { name: 'access-key', description: 'Make an access key that may do what a policy allows' },
  args: declared,
  run: (context) => {
    const { data, name, policy } = readOptions(options, context, declared)
    const path = join(resolve(data), 'deployment.json')
    const deployment = readDeployment(path)
    if (deployment === undefined)
      throw new CliFailure(`No deployment was started in ${resolve(data)} yet. Run npm start first.`)
    if (deployment.accessKeys.length >= accessKeysMax)
      throw new CliFailure(`A deployment has at most ${accessKeysMax} access keys.`)
    const document = readPolicy(policy)
    const checked = identityPolicy.safeParse(document)
    if (!checked.success) {
      const [issue] = checked.error.issues
      throw new CliFailure(
        `${policy} is not a policy: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`,
        'wrongUse',
      )
    }
    const made = makeAccessKey(systemRandom)
    const accessKeys = [...deployment.accessKeys, { ...made, userName: name, policies: [checked.data] }]
    writePrivateFile(path, `${JSON.stringify({ ...deployment, accessKeys }, undefined, 2)}\n`)
    console.log(JSON.stringify({ userName: name, ...made }))
    console.error('It takes effect when the deployment is started again.')
  },
})
