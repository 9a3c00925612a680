// `twinpool set-aside`: what a former primary had and the new one never got: to see, to apply after all, to discard.
import { type CommandDef, defineCommand } from 'citty'
import { z } from 'zod'
import { callOperator, dataFlag, operatorOptions, poolFlag, regionFlag } from './operator-commands.ts'
import { readOptions } from './options.ts'

const declared = {
  data: dataFlag,
  pool: poolFlag,
  region: regionFlag('The Region that keeps the writes'),
} as const

const id = { type: 'string', description: 'Only the write with this ID', valueHint: 'ID' } as const

type Page = { readonly Writes: readonly unknown[]; readonly NextToken?: string }

const list = defineCommand({
  meta: { name: 'list', description: 'Print what was set aside, one write a line, oldest first' },
  args: declared,
  run: async (context) => {
    const given = readOptions(operatorOptions, context, declared)
    let next: string | undefined
    do {
      const page = (await callOperator(given, 'ListSetAsideWrites', {
        UserPoolId: given.pool,
        ...(next === undefined ? {} : { NextToken: next }),
      })) as Page
      for (const write of page.Writes) console.log(JSON.stringify(write))
      next = page.NextToken
    } while (next !== undefined)
  },
})

const reapply = defineCommand({
  meta: { name: 'reapply', description: 'Apply it to the primary, where nothing has changed since' },
  args: { ...declared, id },
  run: async (context) => {
    const given = readOptions(operatorOptions.extend({ id: z.string().optional() }), context, {
      ...declared,
      id,
    })
    const answer = await callOperator(given, 'ReapplySetAsideWrites', {
      UserPoolId: given.pool,
      ...(given.id === undefined ? {} : { Ids: [given.id] }),
    })
    console.log(JSON.stringify(answer, undefined, 2))
  },
})

const discard = defineCommand({
  meta: { name: 'discard', description: 'Erase what was set aside' },
  args: declared,
  run: async (context) => {
    const given = readOptions(operatorOptions, context, declared)
    console.log(
      JSON.stringify(await callOperator(given, 'DiscardSetAsideWrites', { UserPoolId: given.pool })),
    )
  },
})

export const setAside = defineCommand({
  meta: { name: 'set-aside', description: 'Writes that a former primary alone had' },
  subCommands: { list, reapply, discard } as Record<string, CommandDef>,
})
