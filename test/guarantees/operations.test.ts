// Every user-pool operation, walked: known to the model, placed as the table says, refused on a secondary and unsigned as it must be.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mayRunOn } from '../../src/directory/gate.ts'
import { userPoolOperations } from '../../src/region/user-pool-operations.ts'
import { replicationOperations } from '../../src/replication/operations/replication-operations.ts'
import { loadModel } from '../../src/wire/model.ts'
import { startRegions, type TestRegions } from '../support/regions.ts'

const model = loadModel('cognito-idp')
const placements = (
  JSON.parse(readFileSync(new URL('../../models/secondary-operations.json', import.meta.url), 'utf8')) as {
    operations: Record<string, string>
  }
).operations
const operations = [...userPoolOperations(replicationOperations(undefined as never)).values()]

let regions: TestRegions
beforeAll(async () => {
  regions = await startRegions(['us-east-1'])
})
afterAll(() => regions.close())

const unsigned = async (operation: string, body: object): Promise<{ status: number; type: string }> => {
  const answer = await fetch(regions.origins['us-east-1'] ?? '', {
    method: 'POST',
    headers: {
      'x-amz-target': `${model.targetPrefix}.${operation}`,
      'content-type': 'application/x-amz-json-1.1',
    },
    body: JSON.stringify(body),
  })
  const { __type: type } = (await answer.json()) as { __type: string }
  return { status: answer.status, type }
}

test('the table of placements names exactly the operations of the model', () => {
  expect(Object.keys(placements).sort()).toEqual(Object.keys(model.operations).sort())
})

test.each(operations.map(({ name, runs }) => [name, runs]))(
  '%s is in the model and runs where the table says: %s',
  (name, runs) => {
    expect(model.operations[name]).toBeDefined()
    expect(runs).toBe(placements[name])
  },
)

test.each([
  ['primary', 'PRIMARY', 'ACTIVE', true],
  ['primary', 'SECONDARY', 'ACTIVE', false],
  ['inactive', 'SECONDARY', 'INACTIVE', true],
  ['inactive', 'SECONDARY', 'ACTIVE', true],
  ['inactive', 'SECONDARY', 'CREATING', false],
  ['inactive', 'SECONDARY', 'DELETING', false],
  ['active', 'SECONDARY', 'ACTIVE', true],
  ['active', 'SECONDARY', 'INACTIVE', false],
  ['active', 'SECONDARY', 'CREATING', false],
  ['region', 'SECONDARY', 'CREATING', true],
] as const)('the gate: %s on a %s that is %s: %s', (runs, role, status, may) => {
  expect(mayRunOn({ role, status }, runs)).toBe(may)
})

test.each(Object.entries(model.operations).map(([name, { auth }]) => [name, auth] as const))(
  '%s without a signature is answered as its kind (%s) must be',
  async (name, auth) => {
    const { status, type } = await unsigned(name, {})
    const isBuilt = operations.some((operation) => operation.name === name)
    if (auth === 'sigv4' && name !== 'GetClientToken')
      expect({ status, type }).toEqual({ status: 400, type: 'MissingAuthenticationTokenException' })
    else if (isBuilt) expect(status).toBe(400)
    else expect(status).toBe(501)
  },
)
