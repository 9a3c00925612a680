// `twinpool replicas`: how every Region of a running deployment follows, and how far replicas are behind, as JSON.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { operatorCaller } from './operator-call.ts'
import { readOptions } from './options.ts'

const declared = {
  data: {
    type: 'string',
    description: 'Data folder of the deployment',
    default: './data',
    valueHint: 'folder',
  },
} as const

export const replicas = defineCommand({
  meta: { name: 'replicas', description: 'Print how replicas follow and how far they are behind' },
  args: declared,
  run: async (context) => {
    const { data } = readOptions(z.object({ data: z.string().min(1) }), context, declared)
    const caller = operatorCaller(data)
    const answers = await Promise.allSettled(
      caller.regions.map((region) => caller.call(region, 'GET', '/_twinpool/replicas')),
    )
    const shown = caller.regions.map((region, index) => {
      const answer = answers[index]
      return [region, answer?.status === 'fulfilled' ? answer.value.body : { unreachable: true }] as const
    })
    console.log(JSON.stringify(Object.fromEntries(shown), undefined, 2))
  },
})
