// The groups that a user is in, as tokens and AdminListGroupsForUser show them.
import type { Records } from '../vault/records.ts'
import { type Group, groups, memberships } from './records/user.ts'

/** Groups that one user can be in (developer guide, "Quotas"). */
export const groupsPerUserMax = 100

/** Highest precedence (the lowest number) first, then by name. A membership of a group that is gone counts for nothing. */
export const groupsOf = async (
  records: Pick<Records, 'find' | 'get'>,
  usernameKey: string,
): Promise<readonly Group[]> => {
  const { items } = await records.find(
    memberships,
    { name: 'user', value: usernameKey },
    { limit: groupsPerUserMax },
  )
  const stored = await Promise.all(items.map(({ value }) => records.get(groups, value.groupName)))
  const precedenceOf = (group: Group): number => group.precedence ?? Number.POSITIVE_INFINITY
  return stored
    .flatMap((found) => (found === undefined ? [] : [found.value]))
    .sort(
      (first, second) =>
        Number(precedenceOf(first) > precedenceOf(second)) -
          Number(precedenceOf(first) < precedenceOf(second)) || (first.name < second.name ? -1 : 1),
    )
}
