// AdminInitiateAuth: starts a sign-in from a server that holds AWS credentials.
import { operation } from '../../directory/operation.ts'
import { initiateAuth } from '../auth-flows.ts'

export const adminInitiateAuth = operation({
  name: 'AdminInitiateAuth',
  runs: 'active',
  handle: (input, context) => initiateAuth(input, context, 'admin'),
})
