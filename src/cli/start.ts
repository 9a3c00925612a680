// `twinpool start`: a whole deployment on this machine, for use.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineCommand } from 'citty'
import { z } from 'zod'
import { trustedProxies } from '../wire/client-address.ts'
import { CliFailure } from './cli-failure.ts'
import { accountId, regionNames } from './deployment.ts'
import { describeDeployment } from './describe-deployment.ts'
import { logFlags, logFlaw, logOptions, logsOf } from './log-options.ts'
import { messageFlags, messageFlaw, messageOptions, messagesOf } from './message-options.ts'
import { portOption, readOptions } from './options.ts'
import { stopRequest } from './stop-request.ts'
import { startSupervisor } from './supervisor.ts'

const declared = {
  regions: {
    type: 'string',
    description: 'Regions, the first for new pools (default us-east-1,us-west-2)',
    valueHint: 'names',
  },
  port: {
    type: 'string',
    description: 'Port of the router; the Regions have those after it; 0: any free ones',
    default: '9228',
  },
  host: { type: 'string', description: 'Address to listen on', default: '127.0.0.1' },
  data: { type: 'string', description: 'Data folder', default: './data', valueHint: 'folder' },
  account: { type: 'string', description: 'AWS account ID (default 000000000000)', valueHint: '12 digits' },
  'access-key': {
    type: 'string',
    description: 'Access key (default: made at first start)',
    valueHint: 'ID:SECRET',
  },
  tls: { type: 'boolean', description: 'Serve HTTPS under a development CA made in the data folder' },
  'base-domain': {
    type: 'string',
    description: 'Serve Amazon’s host names with this for amazonaws.com',
    valueHint: 'name',
  },
  'public-port': {
    type: 'string',
    description:
      'Port of those names, if a load balancer or port forwarding stands before the router (443: HTTPS)',
    valueHint: 'port',
  },
  'trusted-proxies': {
    type: 'string',
    description: 'Load balancers before the router, whose X-Forwarded-For names the client',
    valueHint: 'addresses or ranges',
  },
  functions: {
    type: 'string',
    description: 'Run Lambda triggers from this folder: <function name>.mjs, .js or .ts',
    valueHint: 'folder',
  },
  'lambda-endpoint': {
    type: 'string',
    description: 'Run Lambda triggers over the Invoke API at this URL (aws: AWS Lambda itself)',
    valueHint: 'URL',
  },
  'lambda-access-key': {
    type: 'string',
    description: 'Sign calls to it (default: the deployment’s own; for aws what the AWS SDK finds)',
    valueHint: 'ID:SECRET',
  },
  'compromised-passwords': {
    type: 'string',
    description: 'Passwords that threat protection refuses, or their SHA-1, one a line',
    valueHint: 'file',
  },
  ...messageFlags,
  ...logFlags,
  json: { type: 'boolean', description: 'Print the endpoints as one line of JSON' },
  'log-level': {
    type: 'string',
    description: 'debug, info, warn, error or silent; the log goes to standard error',
    default: 'warn',
  },
} as const

const accessKeyOption = z
  .string()
  .regex(
    /^[A-Za-z0-9]{4,128}:[\x21-\x7e]{1,256}$/,
    'give it as ID:SECRET, the ID of 4 letters and digits or more',
  )
  .transform((text) => {
    const end = text.indexOf(':')
    return { accessKeyId: text.slice(0, end), secretAccessKey: text.slice(end + 1) }
  })

const options = z
  .object({
    regions: z
      .string()
      .transform((text) => text.split(',').map((name) => name.trim()))
      .pipe(regionNames)
      .optional(),
    port: portOption,
    host: z.string().min(1, 'name an address'),
    data: z.string().min(1, 'name a folder'),
    account: accountId.optional(),
    accessKey: accessKeyOption.optional(),
    tls: z.boolean().default(false),
    baseDomain: z
      .string()
      .regex(
        /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
        'a domain looks like aws.example.com',
      )
      .optional(),
    publicPort: portOption.pipe(z.number().min(1, 'a port is a number from 1 to 65535')).optional(),
    trustedProxies: z
      .string()
      .transform((text) => text.split(',').map((one) => one.trim()))
      .pipe(trustedProxies)
      .optional(),
    functions: z
      .string()
      .refine(
        (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
        'there is no such folder',
      )
      .transform((path) => resolve(path))
      .optional(),
    lambdaEndpoint: z
      .string()
      .refine(
        (text) => text === 'aws' || z.url({ protocol: /^https?$/ }).safeParse(text).success,
        'give it as a URL, or aws',
      )
      .optional(),
    lambdaAccessKey: accessKeyOption.optional(),
    compromisedPasswords: z
      .string()
      .refine((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true, 'there is no such file')
      .transform((path) => resolve(path))
      .optional(),
    ...messageOptions,
    snsAccessKey: accessKeyOption.optional(),
    ...logOptions,
    logsAccessKey: accessKeyOption.optional(),
    json: z.boolean().default(false),
    logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'one of debug, info, warn, error, silent'),
  })
  .superRefine((given, context) => {
    const [path, message] = messageFlaw(given) ?? logFlaw(given) ?? []
    if (path !== undefined) context.addIssue({ code: 'custom', path: [path], message: message ?? '' })
  })

const standardError = 2

export const start = defineCommand({
  meta: { name: 'start', description: 'Start the router and all Regions' },
  args: declared,
  run: async (context) => {
    const given = readOptions(options, context, declared)
    const stopping = stopRequest()
    const stopped = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()))
    try {
      const supervisor = await startSupervisor({
        ...given,
        dataFolder: given.data,
        isTls: given.tls,
        lambda: {
          functionsFolder: given.functions,
          endpoint: given.lambdaEndpoint,
          credentials: given.lambdaAccessKey,
        },
        compromisedPasswordsFile: given.compromisedPasswords,
        messages: messagesOf(given),
        logs: logsOf(given),
        logDescriptor: standardError,
        isRestarted: true,
        say: (line) => console.error(line),
        signal: stopping,
      })
      if (given.json) console.log(JSON.stringify(supervisor.endpoints))
      else console.log(describeDeployment(supervisor.endpoints, supervisor.accessKey))
      await stopped
      await supervisor.stop()
    } catch (error) {
      // Asked to stop while it was starting: it stopped, which is what was asked.
      if (!stopping.aborted) throw error
      if (error instanceof CliFailure || error === stopping.reason) return
      throw error
    }
  },
})
