// `twinpool inbox [destination]`: what the deployment's Regions keep of the messages that they would have sent, as JSON.
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { defineCommand } from 'citty'
import { z } from 'zod'
import { routerTokenOf } from '../region/deployment-secrets.ts'
import { CliFailure } from './cli-failure.ts'
import { readOptions } from './options.ts'
import { readStartedDeployment } from './started-deployment.ts'

const answerBytesMax = 64 * 1024 * 1024
const answerTimeoutMs = 10_000

const declared = {
  destination: {
    type: 'positional',
    required: false,
    description: 'Only messages to this e-mail address or phone number',
  },
  data: {
    type: 'string',
    description: 'Data folder of the deployment',
    default: './data',
    valueHint: 'folder',
  },
} as const

const messages = z.array(
  z.object({
    time: z.string(),
    to: z.string(),
    channel: z.enum(['EMAIL', 'SMS']),
    subject: z.string().optional(),
    body: z.string(),
    code: z.string().optional(),
  }),
)
type Messages = z.infer<typeof messages>

const textOf = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > answerBytesMax) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const ask = async (url: URL, token: string, authority: Buffer | undefined): Promise<Messages> => {
  const isTls = url.protocol === 'https:'
  const question = (isTls ? httpsRequest : httpRequest)(url, {
    agent: isTls ? new HttpsAgent({ ca: authority }) : new HttpAgent(),
    signal: AbortSignal.timeout(answerTimeoutMs),
    headers: { authorization: `Bearer ${token}` },
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    question.on('response', resolve)
    question.on('error', reject)
  })
  question.end()
  const answer = await answered
  const text = await textOf(answer)
  if (answer.statusCode !== 200) throw new Error(`it answered ${answer.statusCode}`)
  return messages.parse(JSON.parse(text))
}

export const inbox = defineCommand({
  meta: { name: 'inbox', description: 'Print the messages to users that the deployment keeps, oldest first' },
  args: declared,
  run: async (context) => {
    const given = z.object({ data: z.string().min(1), destination: z.string().min(1).optional() })
    const { data, destination } = readOptions(given, context, declared)
    const { deployment, endpoints } = readStartedDeployment(data)
    const token = routerTokenOf(deployment.deploymentSecret)
    const authority =
      endpoints.authorityFile === undefined ? undefined : readFileSync(endpoints.authorityFile)
    const query = destination === undefined ? '' : `?${new URLSearchParams({ destination }).toString()}`
    const regions = Object.entries(endpoints.regions)
    const answers = await Promise.allSettled(
      regions.map(([, origin]) => ask(new URL(`/_twinpool/inbox${query}`, origin), token, authority)),
    )
    const silent = regions.filter((_, index) => answers[index]?.status === 'rejected').map(([name]) => name)
    if (silent.length === regions.length)
      throw new CliFailure('No Region of the deployment answers. Is it running?')
    // A Region that is down keeps its messages; the others' are worth having.
    if (silent.length > 0) console.error(`Without those of ${silent.join(', ')}: it does not answer.`)
    const all = answers
      .flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      .toSorted((first, second) => (first.time < second.time ? -1 : Number(first.time > second.time)))
    console.log(JSON.stringify(all, undefined, 2))
  },
})
