// The page behind the link in a confirmation e-mail: gives the code back and says how that went.
import { Hono } from 'hono'
import { confirmAccount } from '../directory/confirm-account.ts'
import { confirmationPath } from '../directory/confirmation-link.ts'
import { passGate } from '../directory/gate.ts'
import { operation } from '../directory/operation.ts'
import { readClient } from '../directory/read-client.ts'
import { readPool } from '../directory/read-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { Conflict } from '../store/store.ts'
import { isFault } from '../wire/fault.ts'
import { headers, pageOf } from './page.ts'

/** ConfirmSignUp without a secret hash: whoever follows the link has the code, and not the app's secret. */
const confirmByLink = operation({
  name: 'ConfirmSignUp',
  runs: 'primary',
  handle: async (input, context) => {
    const [{ value: userPool }, { value: client }] = await Promise.all([
      readPool(context.pool),
      readClient(context.pool, input.ClientId),
    ])
    await confirmAccount(context, {
      userPool,
      client,
      username: input.Username ?? '',
      code: input.ConfirmationCode ?? '',
      takesOver: false,
      clientMetadata: undefined,
    })
    return {}
  },
})

const attemptsMax = 5
/** Which of user, client and code is wrong is not for whoever tries links. */
const refusals: ReadonlySet<string> = new Set([
  'AliasExistsException',
  'CodeMismatchException',
  'ExpiredCodeException',
  'LimitExceededException',
  'NotAuthorizedException',
  'ResourceNotFoundException',
  'UserNotFoundException',
])
/** Longest values in the API model: UsernameType, ClientIdType, ConfirmationCodeType. */
const parameters = { client_id: 128, user_name: 128, confirmation_code: 2_048 } as const

const confirmed = pageOf('Your account is confirmed', 'You can close this page and sign in.')
const refused = pageOf(
  'This link is not good any more',
  'It may be too old or used already. Ask the app for a new one, or sign in if your account is confirmed.',
)
const elsewhere = pageOf('This can’t be done right now', 'Please follow the link again later.')

const confirm = async (query: URLSearchParams, runtime: Runtime): Promise<void> => {
  const invocation = {
    operation: confirmByLink.name,
    input: {
      ClientId: query.get('client_id'),
      Username: query.get('user_name'),
      ConfirmationCode: query.get('confirmation_code'),
    },
    caller: undefined,
    requestId: '',
    sourceIp: '',
  }
  for (let attempt = 1; ; attempt += 1)
    try {
      await passGate(confirmByLink, invocation, runtime)
      return
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === attemptsMax) throw error
    }
}

const isComplete = (query: URLSearchParams): boolean =>
  Object.entries(parameters).every(([name, charactersMax]) => {
    const value = query.get(name) ?? ''
    return value !== '' && value.length <= charactersMax
  })

export const createConfirmUserApp = (runtime: Runtime): Hono => {
  const app = new Hono()
  app.get(confirmationPath, async (context) => {
    // Mail scanners that only look at a link don't follow it.
    if (context.req.method === 'HEAD') return context.body(null, 200, headers)
    const query = new URL(context.req.url).searchParams
    if (!isComplete(query)) return context.html(refused, 400, headers)
    try {
      await confirm(query, runtime)
      return context.html(confirmed, 200, headers)
    } catch (error) {
      if (isFault(error) && error.code === 'OperationNotEnabledException')
        return context.html(elsewhere, 503, headers)
      if (isFault(error) && refusals.has(error.code)) return context.html(refused, 400, headers)
      runtime.log.error({ err: error }, 'an account could not be confirmed by link')
      return context.html(elsewhere, 500, headers)
    }
  })
  return app
}
