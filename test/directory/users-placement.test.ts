// Where the operations on users, groups and sign-up run: at the primary, and on which secondaries.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createConfirmUserApp } from '../../src/pages/confirm-user.ts'
import { fault } from '../support/directory.ts'
import { startUsersDirectory, theseOperations, type UsersDirectory } from '../support/users-directory.ts'

const table = JSON.parse(
  readFileSync(new URL('../../models/secondary-operations.json', import.meta.url), 'utf8'),
) as { readonly operations: Readonly<Record<string, string>> }

let directory: UsersDirectory
let input: Record<string, unknown>
let UserPoolId: string
beforeAll(async () => {
  directory = await startUsersDirectory()
  UserPoolId = await directory.makePool()
  const { clientId } = await directory.makeClient(UserPoolId)
  await directory.call('AdminCreateUser', { UserPoolId, Username: 'ann', MessageAction: 'SUPPRESS' })
  await directory.call('CreateGroup', { UserPoolId, GroupName: 'group' })
  await directory.call('AdminAddUserToGroup', { UserPoolId, Username: 'ann', GroupName: 'group' })
  input = {
    UserPoolId,
    ClientId: clientId,
    Username: 'ann',
    GroupName: 'group',
    Password: 'Perm-pass1',
    ConfirmationCode: '123456',
    UserAttributes: [],
    UserAttributeNames: [],
  }
})
afterAll(() => directory.close())

const names = theseOperations.map(({ name }) => name)
const atSecondary = async (status: 'ACTIVE' | 'INACTIVE' | 'CREATING'): Promise<void> =>
  directory.register(UserPoolId, { role: 'SECONDARY', status, primaryRegion: 'us-west-2' })

describe('placement', () => {
  it.each(names)('%s is declared as the table says', (name) => {
    expect(theseOperations.find((candidate) => candidate.name === name)?.runs).toBe(table.operations[name])
  })

  it.each(['ACTIVE', 'INACTIVE'] as const)(
    'a secondary that is %s reads, and writes nothing',
    async (status) => {
      await atSecondary(status)
      const headBefore = await directory.store.head(UserPoolId)
      for (const name of names) {
        const answer = directory.call(name, input as never)
        if (table.operations[name] === 'inactive') await expect(answer, name).resolves.toBeDefined()
        else
          await expect(answer, name).rejects.toMatchObject(
            fault('OperationNotEnabledException', new RegExp(`^${name} .*SECONDARY.*us-west-2`)),
          )
      }
      expect(await directory.store.head(UserPoolId)).toEqual(headBefore)
    },
  )

  it('a replica that is being made serves nothing', async () => {
    await atSecondary('CREATING')
    for (const name of names)
      await expect(directory.call(name, input as never), name).rejects.toMatchObject(
        fault('OperationNotEnabledException'),
      )
  })

  it('the link of a confirmation e-mail says at a secondary that it is not the time', async () => {
    await atSecondary('ACTIVE')
    const app = createConfirmUserApp(directory.runtime)
    const query = new URLSearchParams({
      client_id: String(input.ClientId),
      user_name: 'ann',
      confirmation_code: '1',
    })
    const page = await app.request(`/confirmUser?${query.toString()}`)
    expect(page.status).toBe(503)
    expect(await page.text()).toContain('can’t be done right now')
  })

  it('a pool that is not here is not found', async () => {
    for (const name of names)
      await expect(
        directory.call(name, { ...input, UserPoolId: 'us-east-1_Nowhere00', ClientId: undefined } as never),
        name,
      ).rejects.toMatchObject(fault('ResourceNotFoundException'))
  })
})
