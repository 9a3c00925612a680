// AdminUpdateUserAttributes in pools that verify addresses: when a code goes out, and when the new address counts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault } from '../support/directory.ts'
import { startUsersDirectory, type UsersDirectory } from '../support/users-directory.ts'

let directory: UsersDirectory
let verifying = ''
let holding = ''
beforeAll(async () => {
  directory = await startUsersDirectory()
  verifying = await directory.makePool({ AutoVerifiedAttributes: ['email'] })
  holding = await directory.makePool({
    AutoVerifiedAttributes: ['email'],
    UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
  })
})
afterAll(() => directory.close())

const wordsOf = (attributes: Record<string, string>) =>
  Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }))
const make = (UserPoolId: string, Username: string) =>
  directory.call('AdminCreateUser', {
    UserPoolId,
    Username,
    MessageAction: 'SUPPRESS',
    UserAttributes: wordsOf({ email: `${Username}@x.example`, email_verified: 'true' }),
  })
const update = (UserPoolId: string, Username: string, attributes: Record<string, string>) =>
  directory.call('AdminUpdateUserAttributes', { UserPoolId, Username, UserAttributes: wordsOf(attributes) })
const read = async (UserPoolId: string, Username: string) => {
  const { UserAttributes = [] } = await directory.call('AdminGetUser', { UserPoolId, Username })
  return Object.fromEntries(UserAttributes.map(({ Name = '', Value }) => [Name, Value]))
}

describe('a new address from an administrator', () => {
  it('is sent a code in a pool that verifies addresses by itself, and counts unverified', async () => {
    await make(verifying, 'ann')
    await update(verifying, 'ann', { email: 'new-ann@x.example', name: 'Ann' })
    expect(await directory.inbox(verifying, 'new-ann@x.example')).toEqual([
      expect.objectContaining({ channel: 'EMAIL', code: expect.stringMatching(/^\d{6}$/) }),
    ])
    expect(await read(verifying, 'ann')).toMatchObject({
      email: 'new-ann@x.example',
      email_verified: 'false',
      name: 'Ann',
    })
  })

  it('waits for its code where the pool wants it verified first; the rest of the update does not', async () => {
    await make(holding, 'bob')
    await update(holding, 'bob', { email: 'new-bob@x.example', name: 'Bob' })
    expect(await directory.inbox(holding, 'new-bob@x.example')).toHaveLength(1)
    expect(await directory.inbox(holding, 'bob@x.example')).toEqual([])
    expect(await read(holding, 'bob')).toMatchObject({
      email: 'bob@x.example',
      email_verified: 'true',
      name: 'Bob',
    })
  })

  it.each([
    ['verifies', () => verifying],
    ['holds', () => holding],
  ])('counts at once and verified where it is said to be, in a pool that %s', async (word, poolOf) => {
    const name = `cat-${word}`
    await make(poolOf(), name)
    await update(poolOf(), name, { email: `new-${name}@x.example`, email_verified: 'true' })
    expect(await read(poolOf(), name)).toMatchObject({
      email: `new-${name}@x.example`,
      email_verified: 'true',
    })
    expect(await directory.inbox(poolOf(), `new-${name}@x.example`)).toEqual([])
  })

  it('that is the present one, or none, sends nothing', async () => {
    await make(holding, 'dan')
    await update(holding, 'dan', { email: 'dan@x.example', name: 'Dan' })
    await update(holding, 'dan', { email: '' })
    expect(await directory.inbox(holding, 'dan@x.example')).toEqual([])
    expect(await read(holding, 'dan')).toEqual({ sub: expect.any(String), name: 'Dan' })
  })

  it('counts at once for an account that is yet to be confirmed, with which it is verified', async () => {
    const { clientId } = await directory.makeClient(holding)
    const signUp = { ClientId: clientId, Username: 'eve' }
    await directory.call('SignUp', {
      ...signUp,
      Password: 'Long-enough-1',
      UserAttributes: wordsOf({ email: 'eve@x.example' }),
    })
    const [first] = await directory.inbox(holding, 'eve@x.example')
    await update(holding, 'eve', { email: 'new-eve@x.example' })
    expect(await directory.inbox(holding, 'new-eve@x.example')).toEqual([])
    const confirm = (ConfirmationCode = '') =>
      directory.call('ConfirmSignUp', { ...signUp, ConfirmationCode })
    await expect(confirm(first?.code)).rejects.toMatchObject(fault('CodeMismatchException'))
    await directory.call('ResendConfirmationCode', signUp)
    await confirm((await directory.inbox(holding, 'new-eve@x.example'))[0]?.code)
    expect(await read(holding, 'eve')).toMatchObject({ email: 'new-eve@x.example', email_verified: 'true' })
  })

  it('can be corrected as often as the administrator likes', async () => {
    await make(verifying, 'fay')
    for (let index = 1; index <= 7; index += 1)
      await update(verifying, 'fay', { email: `fay${index}@x.example` })
    expect(await directory.inbox(verifying, 'fay7@x.example')).toHaveLength(1)
  })

  it('that is none is refused, and sends nothing', async () => {
    await make(holding, 'gus')
    await expect(update(holding, 'gus', { email: 'no address' })).rejects.toMatchObject(
      fault('InvalidParameterException', 'Invalid email address format.'),
    )
  })
})
