// Every operation of the user-pool API, walked in two Regions: its success, each error of its model that can happen, what a secondary
// says, and what an unauthorised caller gets. An operation or an error of the model without a row fails.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { categories } from '../../src/directory/rate-limits.ts'
import { whyItNeverComes } from '../../src/region/errors-that-never-come.ts'
import { neverComingUserPoolErrors } from '../../src/region/user-pool-errors-that-never-come.ts'
import { userPoolOperations } from '../../src/region/user-pool-operations.ts'
import { replicationOperations } from '../../src/replication/operations/replication-operations.ts'
import { loadModel } from '../../src/wire/model.ts'
import { eventually } from '../support/regions.ts'
import { primaryRegion } from '../support/replicated-pool.ts'
import { type Call, refusalOf } from './operations/call.ts'
import { caseOf } from './operations/cases.ts'
import { exampleRequest } from './operations/example-requests.ts'
import { requests, type WalkedName } from './operations/requests.ts'
import type { Members } from './operations/rows.ts'
import { type Break, ruleOf } from './operations/rules.ts'
import { hasRate, sharedTestOf } from './operations/shared-rows.ts'
import { startWorld, type World } from './operations/world.ts'

const model = loadModel('cognito-idp')
const operations = userPoolOperations(replicationOperations(undefined as never))
const names = (Object.keys(requests) as WalkedName[]).filter((name) => operations.has(name)).sort()

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

/** What any operation can end in, whatever its model lists. */
const ofAll = new Set(['none', 'AccessDeniedException', 'OperationNotEnabledException'])

/** How the call ends; an error that never comes to this operation, or isn't of its model, is the test's failure, whatever was wanted. */
const ask = async (call: Call, name: WalkedName, input: Members) => {
  const refusal = await refusalOf(call(name, input as never))
  const never = whyItNeverComes('cognito-idp', name, refusal.name)
  if (never !== undefined) throw new Error(`${name} ended in ${refusal.name}, which never comes: ${never}`)
  if (!ofAll.has(refusal.name) && model.operations[name]?.errors.includes(refusal.name) !== true)
    throw new Error(`${name} ended in ${refusal.name}, which its model does not list: ${refusal.message}`)
  return refusal
}

/** Operations whose request, on a secondary, is let in by the gate and would write the directory. */
const writing: readonly WalkedName[] = [
  'AdminRespondToAuthChallenge',
  'CreateUserPoolDomain',
  'DeleteUserPoolDomain',
  'RespondToAuthChallenge',
  'UpdateUserPoolDomain',
]

/** A request about the pool whose replica is ACTIVE, with nothing else in it that is there. */
const aboutReplicated = (name: WalkedName): Members => {
  const request = exampleRequest(model, name, world.poolId)
  return request.ClientId === undefined ? request : { ...request, ClientId: world.clientId }
}

/** The request about the pool whose replica is INACTIVE. */
const aboutInactive = (request: Members): Members => ({
  ...request,
  ...(request.UserPoolId === undefined ? {} : { UserPoolId: world.inactive.poolId }),
  ...(request.ClientId === undefined ? {} : { ClientId: world.inactive.clientId }),
  ...(request.AccessToken === undefined ? {} : { AccessToken: world.inactive.accessToken }),
})

test('every error that the model lists for an operation has a row', () => {
  const missing = names.flatMap((name) =>
    (model.operations[name]?.errors ?? [])
      .filter(
        (error) =>
          whyItNeverComes('cognito-idp', name, error) === undefined &&
          caseOf(name, error) === undefined &&
          sharedTestOf(name, error) === undefined &&
          ruleOf(error, name, exampleRequest(model, name, 'us-east-1_Example00'), model).length === 0,
      )
      .map((error) => `${name} ${error}`),
  )
  expect(missing).toEqual([])
})

test('no error that never comes has a row', () => {
  const contradictions = names.flatMap((name) =>
    (model.operations[name]?.errors ?? [])
      .filter((error) => whyItNeverComes('cognito-idp', name, error) !== undefined)
      .filter((error) => caseOf(name, error) !== undefined)
      .map((error) => `${name} ${error}`),
  )
  expect(contradictions).toEqual([])
})

test('no source throws an error that never comes to any operation', () => {
  const src = new URL('../../src/', import.meta.url)
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('errors-that-never-come.ts'))
    .map((file) => readFileSync(new URL(file, src), 'utf8'))
  const ofNobody = neverComingUserPoolErrors.filter(({ operations: only }) => only === undefined)
  expect(ofNobody.length).toBeGreaterThan(0)
  for (const { error } of ofNobody) expect(sources.filter((text) => text.includes(`'${error}'`))).toEqual([])
})

test('every fact about an error that never comes is about one that the model lists', () => {
  const listed = (name: string, error: string) => model.operations[name]?.errors.includes(error) === true
  const stray = neverComingUserPoolErrors.flatMap(({ error, operations: only }) =>
    only === undefined
      ? Object.keys(model.operations).some((name) => listed(name, error))
        ? []
        : [error]
      : only.filter((name) => !listed(name, error)).map((name) => `${name} ${error}`),
  )
  expect(stray).toEqual([])
})

test('every test that a row names is there and speaks of the error', () => {
  for (const name of names)
    for (const error of model.operations[name]?.errors ?? []) {
      const row = caseOf(name, error)
      const file = row !== undefined && 'elsewhere' in row ? row.elsewhere : sharedTestOf(name, error)
      if (file === undefined) continue
      const url = new URL(`../../${file}`, import.meta.url)
      expect(existsSync(url), file).toBe(true)
      expect(readFileSync(url, 'utf8'), file).toContain(error)
    }
})

/** What each error of the operation's model was answered by, where it wasn't the error itself. */
const wrongAnswers = async (name: WalkedName, request: Members): Promise<readonly string[]> => {
  const provoked = (model.operations[name]?.errors ?? []).flatMap((error): readonly Promise<string[]>[] => {
    const row = caseOf(name, error)
    if (whyItNeverComes('cognito-idp', name, error) !== undefined) return []
    const judge = async (what: string, input: Members | Promise<Members>, message?: RegExp) => {
      const answer = await ask(world.call, name, await input)
      const isRight = answer.name === error && message?.test(answer.message) !== false
      return isRight ? [] : [`${error} by ${what}: ${answer.name} ${answer.message}`]
    }
    if (row !== undefined)
      return 'elsewhere' in row
        ? []
        : [judge('its case', row.provoke(world, request as never) as Promise<Members>)]
    return ruleOf(error, name, request, model).map(({ what, change, message }: Break) =>
      judge(what, change(world, request), message),
    )
  })
  return (await Promise.all(provoked)).flat()
}

describe('an operation', () => {
  test.concurrent.each(names)('%s', async (name) => {
    const { auth } = model.operations[name] ?? {}
    const { runs } = operations.get(name) ?? {}
    const request = (await requests[name](world)) as Members

    expect(await wrongAnswers(name, request)).toEqual([])

    if (auth === 'sigv4') {
      const refusal = await ask(world.callAsNobody, name, request)
      expect(refusal.name).toBe('AccessDeniedException')
      expect(refusal.message).toContain(
        `not authorized to perform: cognito-idp:${name} on resource: arn:aws:`,
      )
    }

    const onSecondary =
      runs === 'primary'
        ? await ask(world.callSecondary, name, aboutReplicated(name))
        : runs === 'active'
          ? await ask(world.callSecondary, name, aboutInactive(request))
          : undefined
    if (onSecondary !== undefined) {
      const status = runs === 'primary' ? 'ACTIVE' : 'INACTIVE'
      expect(onSecondary.name).toBe('OperationNotEnabledException')
      expect(onSecondary.message).toContain(`${name} is not enabled on this ${status} SECONDARY replica`)
      expect(onSecondary.message).toContain(primaryRegion)
    }

    // Whatever was refused so far used nothing of it up: the request is still good.
    await world.call(name, (name === 'StopUserImportJob' ? await requests[name](world) : request) as never)

    // A moment later, where a secondary shows what the primary has made first.
    if (runs !== 'primary' && !writing.includes(name))
      await eventually(
        () => ask(world.callSecondary, name, request),
        (answer) => answer.name !== 'OperationNotEnabledException',
      )
  })
})

test('a Region that has had a second’s worth of a category of requests refuses the next', async () => {
  const limited = names.filter(
    (name) => hasRate(name) && model.operations[name]?.errors.includes('TooManyRequestsException'),
  )
  for (const Category of Object.keys(categories))
    await world.callSecondary('UpdateProvisionedLimit', {
      LimitDefinition: { LimitClass: 'API_CATEGORY', Attributes: { Category } },
      RequestedLimitValue: 1,
    })
  for (const name of limited) {
    const request = aboutReplicated(name)
    const answers = [1, 2, 3].map(() => ask(world.callSecondary, name, request))
    expect((await Promise.all(answers)).map((answer) => answer.name)).toContain('TooManyRequestsException')
  }
})
