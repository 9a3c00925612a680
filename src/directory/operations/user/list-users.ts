// ListUsers: all users, or those who pass a filter, page by page. A filter is answered from the search terms, whatever the pool's size.
import { createHash } from 'node:crypto'
import type { ListUsersRequest } from '@aws-sdk/client-cognito-identity-provider'
import type { Page, Records } from '../../../vault/records.ts'
import { Fault } from '../../../wire/fault.ts'
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { readPool } from '../../read-pool.ts'
import { type User, users } from '../../records/user.ts'
import type { UserPool } from '../../records/user-pool.ts'
import { parseUserFilter, passesFilter, searchesOf, type UserFilter } from '../../user-filter.ts'
import { shownUser } from '../../user-view.ts'
import { isCaseSensitive } from '../../username-rules.ts'

const pageSizeMax = 60

/** Where a listing is: which of its searches, and after which record. */
type Position = { readonly search: number; readonly after: string | undefined }

/** The token is good for the same filter only; of the filter, which may name a person, it holds a hash. */
const tokenKind = (poolId: string, filter: string | undefined): string =>
  `ListUsers ${poolId} ${createHash('sha256')
    .update(filter ?? '')
    .digest('base64url')
    .slice(0, 16)}`

const positionOf = (kind: string, token: string | undefined): Position => {
  const text = decodePageToken(kind, token)
  if (text === undefined) return { search: 0, after: undefined }
  const [, search = '0', after = ''] = /^(\d+)-(.*)$/.exec(text) ?? []
  return { search: Number(search), after: after === '' ? undefined : after }
}

const pageOf = async (
  records: Records,
  filter: UserFilter | undefined,
  position: Position,
  limit: number,
): Promise<{ readonly page: Page<User>; readonly next: Position | undefined }> => {
  const options = { limit, ...(position.after === undefined ? {} : { after: position.after }) }
  if (filter === undefined) {
    const page = await records.list(users, options)
    return { page, next: page.after === undefined ? undefined : { search: 0, after: page.after } }
  }
  const searches = searchesOf(filter)
  const search = searches[position.search]
  if (search === undefined) return { page: { items: [] }, next: undefined }
  const page = await records.find(users, search, options)
  if (page.after !== undefined) return { page, next: { search: position.search, after: page.after } }
  const hasMore = position.search + 1 < searches.length
  return { page, next: hasMore ? { search: position.search + 1, after: undefined } : undefined }
}

const noSuchAttributes = (): Fault =>
  new Fault('InvalidParameterException', 'One or more requested attributes do not exist.')

const checkNames = ({ schema }: UserPool, names: ListUsersRequest['AttributesToGet']): void => {
  if (names?.some((name) => !schema.some(({ Name }) => Name === name))) throw noSuchAttributes()
}

export const listUsers = operation({
  name: 'ListUsers',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { value: userPool } = await readPool(pool)
    const filter = parseUserFilter(input.Filter)
    const names = input.AttributesToGet?.length ? input.AttributesToGet : undefined
    checkNames(userPool, names)
    const kind = tokenKind(pool.poolId, input.Filter)
    const position = positionOf(kind, input.PaginationToken)
    const { page, next } = await pageOf(pool.records, filter, position, input.Limit || pageSizeMax)
    const found = page.items
      .map(({ value }) => value)
      .filter((user) => filter === undefined || passesFilter(user, filter, isCaseSensitive(userPool)))
    // API reference, ListUsers, "AttributesToGet": an error when not every user in the result has a value.
    if (names?.some((name) => found.some((user) => user.attributes[name] === undefined)))
      throw noSuchAttributes()
    return {
      Users: found.map((user) => shownUser(user, names)),
      ...(next === undefined
        ? {}
        : { PaginationToken: encodePageToken(kind, `${next.search}-${next.after ?? ''}`) }),
    }
  },
})
