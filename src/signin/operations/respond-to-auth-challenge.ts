// RespondToAuthChallenge: goes on with a sign-in.
import { operation } from '../../directory/operation.ts'
import { respondToChallenge } from '../challenges.ts'

export const respondToAuthChallenge = operation({
  name: 'RespondToAuthChallenge',
  runs: 'active',
  handle: respondToChallenge,
})
