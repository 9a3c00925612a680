// `twinpool acknowledgement`: when a write of a user pool is acknowledged, and what happens when no replica answers.
import { defineCommand } from 'citty'
import { z } from 'zod'
import { callOperator, dataFlag, operatorOptions, poolFlag, regionFlag } from './operator-commands.ts'
import { readOptions } from './options.ts'

const declared = {
  data: dataFlag,
  pool: poolFlag,
  region: regionFlag('The primary Region of the user pool'),
  mode: {
    type: 'string',
    required: true,
    description: 'asynchronous, or synchronous: when an ACTIVE replica has the write too',
    valueHint: 'synchronous',
  },
  'when-none-answers': {
    type: 'string',
    default: 'refuse',
    description: 'In synchronous mode: refuse writes, or continue without a replica',
    valueHint: 'refuse',
  },
} as const

const options = operatorOptions.extend({
  mode: z.enum(['asynchronous', 'synchronous']),
  whenNoneAnswers: z.enum(['refuse', 'continue']),
})

export const acknowledgement = defineCommand({
  meta: { name: 'acknowledgement', description: 'Set when writes of a user pool are acknowledged' },
  args: declared,
  run: async (context) => {
    const given = readOptions(options, context, declared)
    const answer = await callOperator(given, 'SetUserPoolAcknowledgement', {
      UserPoolId: given.pool,
      Mode: given.mode.toUpperCase(),
      ...(given.mode === 'synchronous' ? { WhenNoneAnswers: given.whenNoneAnswers.toUpperCase() } : {}),
    })
    console.log(JSON.stringify(answer))
  },
})
