// InitiateAuth: starts a sign-in, or refreshes one.
import { operation } from '../../directory/operation.ts'
import { initiateAuth as start } from '../auth-flows.ts'

export const initiateAuth = operation({
  name: 'InitiateAuth',
  runs: 'active',
  handle: (input, context) => start(input, context, 'user'),
})
