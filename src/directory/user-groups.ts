// Groups and memberships as they are read: which groups a user is in, which users a group has.
import type { GroupType } from '@aws-sdk/client-cognito-identity-provider'
import type { Page, PageOptions, Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { type Group, groups, type Membership, memberships, type User, users } from './records/user.ts'

/** Developer guide, "Quotas": groups that a user can be in, and groups of a pool. */
export const groupsPerUserMax = 100
export const groupsPerPoolMax = 10_000

/** Bound of `Limit`, and the page size without one. */
export const groupPageSizeMax = 60

const roleArnPattern = /^arn:[\w-]+:iam::\d{12}:role\/.+$/
/** Throws InvalidParameterException for what isn't the ARN of an IAM role. */
export const checkRoleArn = (arn: string | undefined): void => {
  if (arn !== undefined && !roleArnPattern.test(arn))
    throw new Fault('InvalidParameterException', 'RoleArn is not the ARN of an IAM role.')
}

type Reads = Pick<Records, 'get' | 'find'>

export const membershipKey = (usernameKey: string, groupName: string): string =>
  memberships.keyOf({ usernameKey, groupName, joinedAtMs: 0 })

/**
 * A group that is deleted and made again has no members of its former life: what is left of them, while they are being deleted, is
 * older than the group.
 */
export const isOfGroup = (membership: Membership, group: Group | undefined): boolean =>
  group !== undefined && membership.joinedAtMs >= group.createdAtMs

const noPrecedence = Number.POSITIVE_INFINITY
/** Lowest precedence value first; groups without one last; by name where that doesn't decide. */
const byPrecedence = (first: Group, second: Group): number => {
  const [left, right] = [first.precedence ?? noPrecedence, second.precedence ?? noPrecedence]
  if (left !== right) return left < right ? -1 : 1
  return first.name < second.name ? -1 : 1
}

const groupsOfMemberships = async (
  records: Reads,
  items: readonly Stored<Membership>[],
): Promise<readonly Group[]> => {
  const found = await Promise.all(items.map(({ value }) => records.get(groups, value.groupName)))
  return found.flatMap((stored, index) => {
    const membership = items[index]?.value
    return stored !== undefined && membership !== undefined && isOfGroup(membership, stored.value)
      ? [stored.value]
      : []
  })
}

/** Everything that is stored of a user's memberships; at most `groupsPerUserMax` by the rule that makes them. */
export const membershipsOf = async (
  records: Reads,
  usernameKey: string,
): Promise<readonly Stored<Membership>[]> => {
  const { items } = await records.find(memberships, { name: 'user', value: usernameKey }, { limit: 1_000 })
  return items
}

/** The groups that a user is in, in the order in which token claims name them. */
export const groupsOf = async (records: Reads, usernameKey: string): Promise<readonly Group[]> => {
  const found = await groupsOfMemberships(records, await membershipsOf(records, usernameKey))
  return found.toSorted(byPrecedence)
}

/** One page of the groups that a user is in. */
export const groupsPage = async (
  records: Reads,
  usernameKey: string,
  page: PageOptions,
): Promise<{ readonly groups: readonly Group[]; readonly after: string | undefined }> => {
  const { items, after } = await records.find(memberships, { name: 'user', value: usernameKey }, page)
  return { groups: await groupsOfMemberships(records, items), after }
}

/** One page of the users that a group has. */
export const membersPage = async (
  records: Reads,
  group: Group,
  page: PageOptions,
): Promise<{ readonly users: readonly User[]; readonly after: string | undefined }> => {
  const { items, after }: Page<Membership> = await records.find(
    memberships,
    { name: 'group', value: group.name },
    page,
  )
  const members = await Promise.all(
    items
      .filter(({ value }) => isOfGroup(value, group))
      .map(({ value }) => records.get(users, value.usernameKey)),
  )
  return { users: members.flatMap((stored) => (stored === undefined ? [] : [stored.value])), after }
}

/** The group, or a Fault ResourceNotFoundException. */
export const requireGroup = async (
  records: Pick<Records, 'get'>,
  name: string | undefined,
): Promise<Stored<Group>> => {
  const stored = name === undefined ? undefined : await records.get(groups, name)
  if (stored === undefined) throw new Fault('ResourceNotFoundException', 'Group not found.')
  return stored
}

export const shownGroup = (poolId: string, group: Group): GroupType => ({
  GroupName: group.name,
  UserPoolId: poolId,
  ...(group.description === undefined ? {} : { Description: group.description }),
  ...(group.roleArn === undefined ? {} : { RoleArn: group.roleArn }),
  ...(group.precedence === undefined ? {} : { Precedence: group.precedence }),
  CreationDate: new Date(group.createdAtMs),
  LastModifiedDate: new Date(group.modifiedAtMs),
})
