// `twinpool replicas`: how every Region of a running deployment follows, and how far replicas are behind, as JSON.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { CliFailure } from './cli-failure.ts'
import { operatorCaller } from './operator-call.ts'
import { callOperator } from './operator-commands.ts'
import { readOptions } from './options.ts'

const declared = {
  data: {
    type: 'string',
    description: 'Data folder of the deployment',
    default: './data',
    valueHint: 'folder',
  },
  pool: {
    type: 'string',
    description: 'Only this user pool: who is primary, since when, and how far each Region is',
    valueHint: 'us-east-1_Ab12Cd34E',
  },
} as const

const options = z.object({ data: z.string().min(1), pool: z.string().min(1).optional() })

export const replicas = defineCommand({
  meta: { name: 'replicas', description: 'Print how replicas follow and how far they are behind' },
  args: declared,
  run: async (context) => {
    const { data, pool } = readOptions(options, context, declared)
    const caller = operatorCaller(data)
    if (pool !== undefined) {
      const answers = await Promise.allSettled(
        caller.regions.map((region) =>
          callOperator({ data, region }, 'DescribeUserPoolReplication', { UserPoolId: pool }),
        ),
      )
      const shown = caller.regions.map((region, index) => {
        const answer = answers[index]
        const failure = answer?.status === 'rejected' ? (answer.reason as Error).message : undefined
        return [region, answer?.status === 'fulfilled' ? answer.value : { failure }] as const
      })
      // One Region that answers is an answer: the other may be down, or have no replica.
      const [first] = answers
      if (first?.status === 'rejected' && answers.every(({ status }) => status === 'rejected'))
        throw first.reason
      console.log(JSON.stringify(Object.fromEntries(shown), undefined, 2))
      return
    }
    const answers = await Promise.allSettled(
      caller.regions.map((region) => caller.call(region, 'GET', '/_twinpool/replicas')),
    )
    const shown = caller.regions.map((region, index) => {
      const answer = answers[index]
      return [region, answer?.status === 'fulfilled' ? answer.value.body : { unreachable: true }] as const
    })
    if (answers.every(({ status }) => status === 'rejected'))
      throw new CliFailure('No Region of the deployment gives an answer. Is it running?')
    console.log(JSON.stringify(Object.fromEntries(shown), undefined, 2))
  },
})
