// AdminRespondToAuthChallenge: goes on with a sign-in from a server that holds AWS credentials.
import { operation } from '../../directory/operation.ts'
import { respondToChallenge } from '../challenges.ts'

export const adminRespondToAuthChallenge = operation({
  name: 'AdminRespondToAuthChallenge',
  runs: 'active',
  handle: respondToChallenge,
})
