// `twinpool promote`: makes a Region the primary of a user pool; failing back is the same command.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { callOperator, dataFlag, operatorOptions, poolFlag, regionFlag } from './operator-commands.ts'
import { readOptions } from './options.ts'

const declared = {
  data: dataFlag,
  pool: poolFlag,
  region: regionFlag('The Region that becomes the primary'),
  force: {
    type: 'boolean',
    default: false,
    description: 'The primary is gone: leave behind what it has and this Region has not',
  },
  'discard-ahead': {
    type: 'boolean',
    default: false,
    description: 'With --force: also when another replica that answers has more',
  },
} as const

const options = operatorOptions.extend({ force: z.boolean(), discardAhead: z.boolean() })

export const promote = defineCommand({
  meta: { name: 'promote', description: 'Make a Region the primary of a user pool' },
  args: declared,
  run: async (context) => {
    const given = readOptions(options, context, declared)
    const answer = await callOperator(given, 'PromoteUserPoolReplica', {
      UserPoolId: given.pool,
      Force: given.force,
      DiscardAhead: given.discardAhead,
    })
    console.log(JSON.stringify(answer, undefined, 2))
  },
})
