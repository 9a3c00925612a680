// The states from which a user can be confirmed.
import { Fault } from '../wire/fault.ts'
import type { User } from './records/user.ts'

export const requireUnconfirmed = ({ status }: Pick<User, 'status'>): void => {
  if (status !== 'UNCONFIRMED')
    throw new Fault('NotAuthorizedException', `User cannot be confirmed. Current status is ${status}`)
}
