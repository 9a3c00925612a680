// What operations answer when the Region fails, when writes keep colliding, when the replica is not there yet, and when a pool is full: the
// same for all, as the model of each names it.
import { afterAll, describe, expect, test } from 'vitest'
import { groupOperations } from '../../src/directory/operations/group/operations.ts'
import { whyItNeverComes } from '../../src/region/errors-that-never-come.ts'
import { userPoolOperations } from '../../src/region/user-pool-operations.ts'
import { replicationOperations } from '../../src/replication/operations/replication-operations.ts'
import { loadModel } from '../../src/wire/model.ts'
import { startDirectory } from '../support/directory.ts'
import {
  brokenPoolId,
  conflict,
  failingVault,
  startBrokenRegion,
  vaultWith,
} from './operations/broken-region.ts'
import { refusalOf } from './operations/call.ts'
import { exampleRequest } from './operations/example-requests.ts'
import type { WalkedName } from './operations/requests.ts'
import { hasRate } from './operations/shared-rows.ts'

const model = loadModel('cognito-idp')
const operations = userPoolOperations(replicationOperations({} as never))
const built = [...operations.values()]
const listed = (error: string) => built.filter(({ name }) => model.operations[name]?.errors.includes(error))

const failing = await startBrokenRegion(
  operations,
  failingVault(() => new Error('the disk is gone')),
)
const colliding = await startBrokenRegion(operations, failingVault(conflict))
const creating = await startBrokenRegion(operations, vaultWith({ role: 'SECONDARY', status: 'CREATING' }))
afterAll(() => Promise.all([failing, colliding, creating].map((region) => region.close())))

const ask = ({ call }: typeof failing, name: string) =>
  refusalOf(call(name as WalkedName, exampleRequest(model, name, brokenPoolId) as never))

describe('a Region whose store fails', () => {
  test.each(built.map(({ name }) => name))(
    'answers %s with an internal error that tells nothing',
    async (name) => {
      const errors = model.operations[name]?.errors ?? []
      const expected = errors.includes('InternalServerException')
        ? 'InternalServerException'
        : 'InternalErrorException'
      expect(errors).toContain(expected)
      expect(await ask(failing, name)).toEqual({
        name: expected,
        message: 'We encountered an internal error. Please try again.',
      })
    },
  )
})

describe('writes that keep colliding', () => {
  test.each(listed('ConcurrentModificationException').map(({ name }) => name))(
    'end %s in ConcurrentModificationException',
    async (name) => {
      expect((await ask(colliding, name)).name).toBe('ConcurrentModificationException')
    },
  )
})

describe('writes that keep colliding, without an error of their own in the model,', () => {
  const others = listed('TooManyRequestsException').filter(
    ({ name }) =>
      !hasRate(name) && whyItNeverComes('cognito-idp', name, 'TooManyRequestsException') === undefined,
  )
  test.each(others.map(({ name }) => name))('end %s in TooManyRequestsException', async (name) => {
    expect((await ask(colliding, name)).name).toBe('TooManyRequestsException')
  })
})

describe('a replica that is CREATING', () => {
  test.each(built.filter(({ runs }) => runs !== 'region').map(({ name }) => name))(
    'refuses %s, and names the primary Region',
    async (name) => {
      const { name: error, message } = await ask(creating, name)
      expect(error).toBe('OperationNotEnabledException')
      expect(message).toMatch(new RegExp(`^${name} .*CREATING SECONDARY.*eu-west-1\\.$`))
    },
  )
})

describe('a pool that is full', () => {
  test('ends CreateGroup and CreateUserPoolClient in LimitExceededException', async () => {
    let isFull = false
    const directory = await startDirectory({
      operations: groupOperations,
      wrapStore: (store) => ({
        ...store,
        count: (...about) => (isFull ? Promise.resolve(10_000) : store.count(...about)),
      }),
    })
    const UserPoolId = await directory.makePool()
    isFull = true
    const refused = { code: 'LimitExceededException' }
    await expect(directory.call('CreateGroup', { UserPoolId, GroupName: 'one more' })).rejects.toMatchObject(
      refused,
    )
    await expect(
      directory.call('CreateUserPoolClient', { UserPoolId, ClientName: 'one more' }),
    ).rejects.toMatchObject(refused)
    await directory.close()
  })
})
