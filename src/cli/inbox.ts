// `twinpool inbox [destination]`: the messages to users that the deployment's Regions keep, as JSON.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { CliFailure } from './cli-failure.ts'
import { operatorCaller } from './operator-call.ts'
import { readOptions } from './options.ts'

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

export const inbox = defineCommand({
  meta: { name: 'inbox', description: 'Print the messages to users that the deployment keeps, oldest first' },
  args: declared,
  run: async (context) => {
    const given = z.object({ data: z.string().min(1), destination: z.string().min(1).optional() })
    const { data, destination } = readOptions(given, context, declared)
    const { regions, call } = operatorCaller(data)
    const query = destination === undefined ? '' : `?${new URLSearchParams({ destination }).toString()}`
    const read = async (region: string) => {
      const { status, body } = await call(region, 'GET', `/_twinpool/inbox${query}`)
      if (status !== 200) throw new CliFailure(`Region ${region} can't read its inbox: see its log.`)
      return messages.parse(body)
    }
    const answers = await Promise.allSettled(regions.map(read))
    const failures = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason)
    if (failures.length === regions.length) throw failures[0]
    // A Region that is down keeps its messages; the others' are worth having.
    for (const failure of failures)
      console.error(failure instanceof CliFailure ? failure.message : String(failure))
    const all = answers
      .flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      .toSorted((first, second) => (first.time < second.time ? -1 : Number(first.time > second.time)))
    console.log(JSON.stringify(all, undefined, 2))
  },
})
