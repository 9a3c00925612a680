// Errors of the OAuth endpoints (RFC 6749 section 5.2), with the status that Amazon Cognito gives them.
import { Fault } from '../wire/fault.ts'

export type OauthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'
  | 'invalid_scope'
  | 'temporarily_unavailable'
  | 'server_error'

/** `description` is shown to the caller, so it never holds a secret or a token. */
export class OauthError extends Error {
  readonly code: OauthErrorCode
  readonly status: 400 | 401 | 403 | 413 | 429 | 500 | 503
  readonly description: string | undefined
  constructor(
    code: OauthErrorCode,
    options: { readonly status?: OauthError['status']; readonly description?: string } = {},
  ) {
    super(code)
    this.name = 'OauthError'
    this.code = code
    this.status = options.status ?? 400
    this.description = options.description
  }
}

/** What the directory's refusals are called here. */
const codesOfFaults: Readonly<Record<string, readonly [OauthErrorCode, OauthError['status']]>> = {
  NotAuthorizedException: ['invalid_grant', 400],
  UserNotFoundException: ['invalid_grant', 400],
  UserNotConfirmedException: ['invalid_grant', 400],
  PasswordResetRequiredException: ['invalid_grant', 400],
  RefreshTokenReuseException: ['invalid_grant', 400],
  ResourceNotFoundException: ['invalid_client', 400],
  OperationNotEnabledException: ['temporarily_unavailable', 503],
  TooManyRequestsException: ['temporarily_unavailable', 429],
  UnsupportedTokenTypeException: ['unsupported_token_type', 400],
  UnsupportedOperationException: ['invalid_request', 400],
  UserLambdaValidationException: ['invalid_request', 400],
  InvalidLambdaResponseException: ['invalid_request', 400],
  UnauthorizedException: ['invalid_request', 400],
}

/** The OAuth error for anything that was thrown; undefined when it is no refusal but a failure, which belongs in the log. */
export const oauthErrorOf = (error: unknown): OauthError | undefined => {
  if (error instanceof OauthError) return error
  if (!(error instanceof Fault)) return undefined
  const [code, status] = codesOfFaults[error.code] ?? ['server_error', 500]
  return new OauthError(code, { status, description: error.message })
}

/** What a failure that is nobody's business outside is told as. */
export const serverError = (): OauthError => new OauthError('server_error', { status: 500 })

/** The answer's body (RFC 6749 section 5.2). */
export const oauthErrorBody = ({ code, description }: OauthError) => ({
  error: code,
  ...(description === undefined ? {} : { error_description: description }),
})
