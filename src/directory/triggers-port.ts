// The port to Lambda triggers: what the directory and sign-in ask a pool's functions, and what they get to hear.
import type { Records } from '../vault/records.ts'
import type { User } from './records/user.ts'

/** The pool's data as this Region has it, for one request: triggers are settings of the Region that serves. */
export type TriggerScope = { readonly poolId: string; readonly records: Pick<Records, 'get'> }

type Pairs = Readonly<Record<string, string>>

/** What every event says; without `clientId` the request came from an administrator. */
export type TriggerSubject = {
  readonly username: string
  readonly clientId?: string | undefined
  readonly clientMetadata?: Pairs | undefined
}

/** A user who exists. */
export type TriggerUser = Omit<TriggerSubject, 'username'> & {
  readonly user: Pick<User, 'username' | 'attributes' | 'status'>
}

export type PreSignUpCall = TriggerSubject & {
  readonly source: 'SignUp' | 'AdminCreateUser' | 'ExternalProvider'
  readonly attributes: Pairs
  readonly validationData?: Pairs | undefined
}
export type PreSignUpAnswer = {
  readonly autoConfirmUser: boolean
  readonly autoVerifyEmail: boolean
  readonly autoVerifyPhone: boolean
}

export type UserMigrationCall = TriggerSubject & {
  readonly source: 'Authentication' | 'ForgotPassword'
  readonly password?: string
  readonly validationData?: Pairs | undefined
}
export type UserMigrationAnswer = {
  readonly userAttributes: Pairs
  readonly finalUserStatus: 'CONFIRMED' | 'RESET_REQUIRED'
  readonly forceAliasCreation: boolean
  readonly enableSmsMfa: boolean
}

/** One challenge of a custom sign-in, as its functions see it. */
export type ChallengeResult = {
  readonly challengeName: string
  readonly challengeResult: boolean
  readonly challengeMetadata?: string
}

/** A user in a custom sign-in, or nobody: `user` is undefined for a name that the client must not learn to be nobody's. */
export type CustomAuthSubject = TriggerSubject & {
  readonly user: TriggerUser['user'] | undefined
}
export type DefineChallengeAnswer = {
  readonly challengeName: string | undefined
  readonly issueTokens: boolean
  readonly failAuthentication: boolean
}
export type CreateChallengeAnswer = {
  readonly publicChallengeParameters: Pairs
  readonly privateChallengeParameters: Pairs
  readonly challengeMetadata: string | undefined
}

/** A user's groups and their roles as tokens show them. */
export type GroupConfiguration = {
  readonly groupsToOverride: readonly string[]
  readonly iamRolesToOverride: readonly string[]
  readonly preferredRole?: string | undefined
}
export type TokenGenerationSource =
  | 'HostedAuth'
  | 'Authentication'
  | 'NewPasswordChallenge'
  | 'ClientCredentials'
  | 'AuthenticateDevice'
  | 'RefreshTokens'
export type TokenGenerationCall = Omit<TriggerSubject, 'username'> & {
  readonly source: TokenGenerationSource
  /** Undefined for a machine's token. */
  readonly user: TriggerUser['user'] | undefined
  readonly groups: GroupConfiguration
  readonly scopes: readonly string[]
}
export type ClaimChanges = {
  readonly add: Readonly<Record<string, unknown>>
  readonly suppress: readonly string[]
}
/** What a pre token generation function wants of the two tokens; `groups` replaces what both say of groups and roles. */
export type TokenChanges = {
  readonly idToken: ClaimChanges
  readonly accessToken: ClaimChanges & {
    readonly scopesToAdd: readonly string[]
    readonly scopesToSuppress: readonly string[]
  }
  readonly groups?: GroupConfiguration
}

export type InboundFederationCall = TriggerSubject & {
  readonly providerName: string
  readonly providerType: string
  /** What the provider said: `tokenResponse`, `idToken`, `userInfo` or `samlResponse`. */
  readonly attributes: Readonly<Record<string, unknown>>
}

/**
 * Each method resolves with the function's answer, undefined when the pool has no such trigger in this Region. They reject with the Faults
 * UserLambdaValidationException (the function refused), InvalidLambdaResponseException (an answer of another form) and
 * UnexpectedLambdaException (it could not be run).
 */
export type Triggers = {
  preSignUp(scope: TriggerScope, call: PreSignUpCall): Promise<PreSignUpAnswer | undefined>
  postConfirmation(
    scope: TriggerScope,
    call: TriggerUser & { readonly source: 'ConfirmSignUp' | 'ConfirmForgotPassword' },
  ): Promise<void>
  /** `user` is undefined for nobody's name. */
  preAuthentication(
    scope: TriggerScope,
    call: CustomAuthSubject & { readonly validationData?: Pairs | undefined },
  ): Promise<void>
  postAuthentication(
    scope: TriggerScope,
    call: TriggerUser & { readonly newDeviceUsed: boolean },
  ): Promise<void>
  /** `none` without such a trigger, `unknown` for a user whom the function doesn't know. */
  userMigration(
    scope: TriggerScope,
    call: UserMigrationCall,
  ): Promise<UserMigrationAnswer | 'none' | 'unknown'>
  defineAuthChallenge(
    scope: TriggerScope,
    call: CustomAuthSubject & { readonly session: readonly ChallengeResult[] },
  ): Promise<DefineChallengeAnswer | undefined>
  createAuthChallenge(
    scope: TriggerScope,
    call: CustomAuthSubject & {
      readonly session: readonly ChallengeResult[]
      readonly challengeName: string
    },
  ): Promise<CreateChallengeAnswer | undefined>
  /** Resolves with whether the answer was right. */
  verifyAuthChallengeResponse(
    scope: TriggerScope,
    call: CustomAuthSubject & {
      readonly privateChallengeParameters: Pairs
      readonly challengeAnswer: string
    },
  ): Promise<boolean | undefined>
  tokenGeneration(scope: TriggerScope, call: TokenGenerationCall): Promise<TokenChanges | undefined>
  /** The attributes to keep of those that a provider sent. */
  inboundFederation(scope: TriggerScope, call: InboundFederationCall): Promise<Pairs | undefined>
}
