// Changing the tags of a pool: they belong to this Region's replica, so a secondary has its own.
import { Fault } from '../wire/fault.ts'
import type { Context } from './operation.ts'
import { putRegionalSettings } from './put-regional-settings.ts'
import { readRegionalSettings } from './read-pool.ts'

type Tags = Readonly<Record<string, string>>

/** ResourceNotFoundException for the ARN that the pool has in another Region or account. */
export const checkResourceArn = (
  { pool, endpoints }: Pick<Context<'inactive'>, 'pool' | 'endpoints'>,
  arn: string | undefined,
): void => {
  if (arn !== endpoints.poolArn(pool.poolId))
    throw new Fault('ResourceNotFoundException', `Resource ${arn} does not exist.`)
}

/** Stores what `change` makes of the present tags. */
export const replaceTags = async (
  context: Context<'inactive'>,
  arn: string | undefined,
  change: (tags: Tags) => Tags,
): Promise<void> => {
  checkResourceArn(context, arn)
  const { pool } = context
  const { stored, value } = await readRegionalSettings(pool)
  const changed = { ...value, tags: change(value.tags) }
  await pool.records.commit((changes) => putRegionalSettings(changes, stored, changed))
}
