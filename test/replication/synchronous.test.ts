// The synchronous mode: what is acknowledged is at an ACTIVE secondary too, and what happens when none answers is the operator's choice.
import { afterEach, expect, test } from 'vitest'
import type { AcknowledgementShape } from '../../src/replication/operator-shapes.ts'
import {
  createDeployment,
  type Deployment,
  primaryRegion as east,
  notes,
  poolId,
  thirdRegion as third,
  otherRegion as west,
} from './support/deployment.ts'
import { waitUntil } from './support/wait-until.ts'

let deployment: Deployment
afterEach(() => deployment.close())

const operator = (region: string) => deployment.region(region).replication.operator

const setMode = (mode: AcknowledgementShape, region = east) =>
  operator(region).setAcknowledgement({ UserPoolId: poolId, ...mode })

const acknowledgementAt = async (region: string) =>
  (await operator(region).describe({ UserPoolId: poolId })).Replication.Acknowledgement

const setStatus = (region: string, Status: 'ACTIVE' | 'INACTIVE') =>
  deployment.region(east).call('UpdateUserPoolReplica', { UserPoolId: poolId, RegionName: region, Status })

const makeDeployment = async (replicas: readonly string[] = [west]): Promise<void> => {
  deployment = await createDeployment({ regions: [east, west, third], delayMs: () => 5 })
  await deployment.makePool()
  for (const region of replicas) {
    await deployment.makeReplica(region)
    await setStatus(region, 'ACTIVE')
    await waitUntil(
      'it is ACTIVE on both sides',
      async () => (await deployment.statusAt(region, region)) === 'ACTIVE',
    )
  }
}

const textAt = async (region: string, name: string): Promise<string | undefined> =>
  (await deployment.region(region).vault.pool(poolId).secondary.get(notes, name))?.value.text

test('a write that is acknowledged is at the secondary at that moment', async () => {
  await makeDeployment()
  await setMode({ Mode: 'SYNCHRONOUS' })
  for (let count = 0; count < 20; count += 1) {
    await deployment.put({ name: `note ${count}`, text: 'text' })
    expect(await textAt(west, `note ${count}`)).toBe('text')
  }
  expect(await acknowledgementAt(east)).toEqual({
    Mode: 'SYNCHRONOUS',
    WhenNoneAnswers: 'REFUSE',
    Confirmed: true,
  })
})

test('many writers wait together, not one after the other', async () => {
  await makeDeployment()
  await setMode({ Mode: 'SYNCHRONOUS' })
  const before = deployment.network.callCount('receipt')
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => deployment.put({ name: `note ${index}`, text: 'text' })),
  )
  for (let index = 0; index < 100; index += 1) expect(await textAt(west, `note ${index}`)).toBe('text')
  expect(deployment.network.callCount('receipt') - before).toBeLessThan(60)
})

test('with REFUSE a write fails when no secondary answers, the next ones change nothing, and all is well again by itself', async () => {
  await makeDeployment()
  await setMode({ Mode: 'SYNCHRONOUS', WhenNoneAnswers: 'REFUSE' })
  await deployment.put({ name: 'first', text: 'text' })
  deployment.network.cut(east, west)
  await expect(deployment.put({ name: 'unsure', text: 'text' })).rejects.toMatchObject({
    code: 'InternalErrorException',
    message: expect.stringContaining('no replica confirmed it'),
  })
  await expect(deployment.put({ name: 'refused', text: 'text' })).rejects.toThrow(/Nothing was changed/)
  expect(await textAt(east, 'refused')).toBeUndefined()
  expect(await acknowledgementAt(east)).toMatchObject({ Confirmed: false })
  deployment.network.heal(east, west)
  await waitUntil('it is confirmed again', async () => (await acknowledgementAt(east))?.Confirmed === true)
  await deployment.put({ name: 'last', text: 'text' })
  expect(await textAt(west, 'last')).toBe('text')
  expect(await textAt(west, 'unsure')).toBe('text')
})

test('a secondary that had the write and was gone before it could say so says so when it is back', async () => {
  await makeDeployment()
  await setMode({ Mode: 'SYNCHRONOUS' })
  await deployment.stop(west)
  await expect(deployment.put({ name: 'unsure', text: 'text' })).rejects.toThrow(/no replica confirmed/)
  await deployment.start(west)
  await waitUntil('it is confirmed again', async () => (await acknowledgementAt(east))?.Confirmed === true)
})

test('with CONTINUE writes go on without a secondary, which is shown, and wait again when it is back', async () => {
  await makeDeployment()
  await setMode({ Mode: 'SYNCHRONOUS', WhenNoneAnswers: 'CONTINUE' })
  deployment.network.cut(east, west)
  for (let count = 0; count < 5; count += 1) await deployment.put({ name: `note ${count}`, text: 'text' })
  expect(deployment.region(east).replication.confirmationStates()).toEqual([{ poolId, isConfirmed: false }])
  deployment.network.heal(east, west)
  await waitUntil('it is confirmed again', async () => (await acknowledgementAt(east))?.Confirmed === true)
  await deployment.put({ name: 'last', text: 'text' })
  expect(await textAt(west, 'last')).toBe('text')
})

test('an INACTIVE secondary confirms nothing; any one of several ACTIVE ones is enough', async () => {
  await makeDeployment([west, third])
  await setMode({ Mode: 'SYNCHRONOUS' })
  deployment.network.cut(east, west)
  await deployment.put({ name: 'first', text: 'text' })
  expect(await textAt(third, 'first')).toBe('text')
  await setStatus(third, 'INACTIVE')
  await waitUntil('the third knows', async () => (await deployment.statusAt(third, third)) === 'INACTIVE')
  await expect(deployment.put({ name: 'unsure', text: 'text' })).rejects.toThrow(/no replica confirmed/)
})

test('nothing acknowledged is missing after a forced promotion, and the mode goes with the pool', async () => {
  await makeDeployment([west, third])
  await setMode({ Mode: 'SYNCHRONOUS' })
  const acknowledged: string[] = []
  const writing = (async () => {
    for (let count = 0; ; count += 1) {
      await deployment.put({ name: `note ${count}`, text: 'text' })
      acknowledged.push(`note ${count}`)
    }
  })().catch(() => undefined)
  await waitUntil('some writes are acknowledged', () => acknowledged.length > 30)
  await deployment.stop(east)
  await writing
  // Either may be the one that has all of it; the service says which.
  const promoted = await operator(west)
    .promote({ UserPoolId: poolId, Force: true })
    .then(
      () => west,
      async () => {
        await operator(third).promote({ UserPoolId: poolId, Force: true })
        return third
      },
    )
  for (const name of acknowledged) expect(await textAt(promoted, name), name).toBe('text')
  expect(await acknowledgementAt(promoted)).toMatchObject({ Mode: 'SYNCHRONOUS', WhenNoneAnswers: 'REFUSE' })
  const other = promoted === west ? third : west
  await waitUntil('the other follows', async () => {
    const { Replication } = await operator(other).describe({ UserPoolId: poolId })
    return Replication.FollowerState === 'following' && Replication.PrimaryRegion === promoted
  })
  await deployment.put({ name: 'after', text: 'text' }, promoted)
  expect(await textAt(other, 'after')).toBe('text')
})

test('the mode is set at the primary, needs an ACTIVE replica, and can be taken back', async () => {
  await makeDeployment()
  await expect(setMode({ Mode: 'SYNCHRONOUS' }, west)).rejects.toMatchObject({
    code: 'OperationNotEnabledException',
  })
  await setStatus(west, 'INACTIVE')
  await expect(setMode({ Mode: 'SYNCHRONOUS' })).rejects.toMatchObject({ code: 'InvalidParameterException' })
  await setStatus(west, 'ACTIVE')
  await waitUntil('it is ACTIVE', async () => (await deployment.statusAt(west, west)) === 'ACTIVE')
  await setMode({ Mode: 'SYNCHRONOUS' })
  await setMode({ Mode: 'ASYNCHRONOUS' })
  expect(await acknowledgementAt(east)).toBeUndefined()
  deployment.network.cut(east, west)
  await deployment.put({ name: 'alone', text: 'text' })
})
