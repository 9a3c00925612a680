// Every operation of the key service that is built, walked: its success, each error of its model that can happen, and what an unauthorised
// caller gets. An operation or an error of the model without a row fails.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { whyItNeverComes } from '../../src/region/errors-that-never-come.ts'
import { loadModel } from '../../src/wire/model.ts'
import { startBrokenKeyService } from './operations/broken-key-service.ts'
import { refusalOf } from './operations/call.ts'
import { builtKeyOperations, keyRequests } from './operations/key-requests.ts'
import { keyCases, keyRules } from './operations/key-rules.ts'
import {
  type KeyCall,
  type KeyOperationName,
  type KeyWorld,
  keyStepsOf,
  startKeyWorld,
} from './operations/key-world.ts'
import type { Members } from './operations/rows.ts'

const model = loadModel('kms')
let world: KeyWorld
beforeAll(async () => {
  world = await startKeyWorld()
})
afterAll(() => world.close())

const ask = async (call: KeyCall, name: KeyOperationName, input: Members) => {
  const refusal = await refusalOf(call(name, input as never))
  const never = whyItNeverComes('kms', name, refusal.name)
  if (never !== undefined) throw new Error(`${name} ended in ${refusal.name}, which never comes: ${never}`)
  return refusal
}

/** Operations whose case is about a key as another Region has it. */
const askedOfReplica = new Set(['RotateKeyOnDemand UnsupportedOperationException'])
type KeyRule = (world: KeyWorld, request: Members) => Promise<Members>

/** Provoked below, in a key service that is made to fail. */
const provokedBelow = new Set(['KMSInternalException', 'ExpiredImportTokenException'])

describe('an operation of the key service', () => {
  test.each(builtKeyOperations)('%s', async (name) => {
    const make = keyRequests[name]
    if (make === undefined) throw new Error(`${name} has no request`)
    const request = (await make(world)) as Members
    const wrong: string[] = []
    for (const error of model.operations[name]?.errors ?? []) {
      if (whyItNeverComes('kms', name, error) !== undefined || provokedBelow.has(error)) continue
      const provoke = keyCases[name]?.[error] as KeyRule | undefined
      const change = provoke ?? keyRules[error]?.(request)
      if (change === undefined) {
        wrong.push(`${error} has no row`)
        continue
      }
      const call = askedOfReplica.has(`${name} ${error}`) ? world.callSecondary : world.call
      const answer = await ask(call, name, await change(world, request))
      if (answer.name !== error) wrong.push(`${error}: ${answer.name} ${answer.message}`)
    }
    expect(wrong).toEqual([])
    expect((await ask(world.callAsNobody, name, request)).name).toBe('AccessDeniedException')
    await world.call(name, request as never)
  })
})

test('operations that are not built say so, and what is not there', async () => {
  const others = Object.keys(model.operations).filter(
    (name) => !(builtKeyOperations as string[]).includes(name),
  )
  expect(others.length).toBeGreaterThan(0)
  for (const name of others) {
    const { name: error, message } = await ask(world.call, name as KeyOperationName, {})
    expect(error).toBe('OperationNotImplementedException')
    expect(message).toContain(name)
  }
})

test('a key service whose store fails answers every operation with an internal error that tells nothing', async () => {
  const broken = await startBrokenKeyService()
  const steps = { ...world, ...keyStepsOf(broken.call), call: broken.call }
  const prepared = await Promise.all(
    builtKeyOperations
      // They need no data at all.
      .filter((name) => name !== 'GenerateRandom' && name !== 'DescribeCustomKeyStores')
      .map(async (name) => [name, (await keyRequests[name]?.(steps)) as Members] as const),
  )
  broken.break()
  for (const [name, request] of prepared)
    expect({ operation: name, ...(await ask(broken.call, name, request)) }).toEqual({
      operation: name,
      name: 'KMSInternalException',
      message: 'We encountered an internal error. Please try again.',
    })
  await broken.close()
})

test('an import token is good for a day: then it ends in ExpiredImportTokenException', async () => {
  const service = await startBrokenKeyService()
  const { makeExternalKey, materialFor } = keyStepsOf(service.call)
  const request = await materialFor(await makeExternalKey(false))
  service.pass(86_400_000 + 1)
  expect((await ask(service.call, 'ImportKeyMaterial', { ...request })).name).toBe(
    'ExpiredImportTokenException',
  )
  await service.close()
})
