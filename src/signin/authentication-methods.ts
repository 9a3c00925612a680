// What a sign-in has proved, which level that is, and what its tokens say of it (developer guide, "Authentication levels with ACR and AMR claims").
import { type AcrLevel, acrLevelNamed, acrNameOf } from '../directory/acr-levels.ts'
import type { MfaFactor } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'

/** Values of `amr` that a factor adds: password, TOTP, codes by SMS and by e-mail, platform and roaming passkeys. */
const methods = ['pwd', 'otp', 'sms', 'email_otp', 'swk', 'hwk'] as const
export type AuthenticationMethod = (typeof methods)[number]

/** Goes from step to step of a sign-in, sealed in its Session. */
export type SignInProgress = {
  readonly methods: readonly AuthenticationMethod[]
  /** The level that the sign-in must reach before there are tokens. */
  readonly target?: AcrLevel
}

/** What `acr` and `amr` say, kept through every refresh. */
export type AuthenticationClaims = { readonly acr?: string; readonly amr?: readonly string[] }

export const methodOfFactor: Readonly<Record<MfaFactor, AuthenticationMethod>> = {
  SMS_MFA: 'sms',
  EMAIL_OTP: 'email_otp',
  SOFTWARE_TOKEN_MFA: 'otp',
}

type Way = readonly [first: AuthenticationMethod, second?: AuthenticationMethod]

/** "ACR levels and satisfying factor combinations"; the methods of each in the order in which they are asked for. */
export const waysTo: Readonly<Record<AcrLevel, readonly Way[]>> = {
  1: [['pwd']],
  2: [['sms'], ['email_otp']],
  3: [['swk'], ['hwk'], ['pwd', 'sms'], ['pwd', 'email_otp']],
  4: [['pwd', 'otp']],
}

/** "Amazon Cognito assigns the highest authentication level that the user's completed factors fully satisfy"; undefined for none. */
export const levelOf = (proven: readonly AuthenticationMethod[]): AcrLevel | undefined =>
  ([4, 3, 2, 1] as const).find((level) =>
    waysTo[level].some((way) => way.every((method) => method === undefined || proven.includes(method))),
  )

export const proving = <Request extends { readonly progress?: SignInProgress }>(
  request: Request,
  method: AuthenticationMethod,
): Request => ({
  ...request,
  progress: {
    ...request.progress,
    methods: [...new Set([...(request.progress?.methods ?? []), method])],
  },
})

/** Whether the level that was asked for is still to be reached. */
export const isShortOfTarget = (progress: SignInProgress | undefined): boolean =>
  progress?.target !== undefined && (levelOf(progress.methods) ?? 0) < progress.target

/**
 * The claims of a sign-in that was asked for a level, and of every sign-in of a pool that names its levels (docs/decisions/sign-in.md). No
 * level for what proves none, as a custom challenge does.
 */
export const authenticationClaims = (
  progress: SignInProgress | undefined,
  { settings }: Pick<UserPool, 'settings'>,
): AuthenticationClaims => {
  const isAsked = progress?.target !== undefined || settings.AcrConfiguration !== undefined
  if (!isAsked || progress === undefined || progress.methods.length === 0) return {}
  const level = levelOf(progress.methods)
  const amr = progress.methods.length > 1 ? [...progress.methods, 'mfa'] : progress.methods
  return level === undefined ? { amr } : { acr: acrNameOf(level, settings.AcrConfiguration), amr }
}

const isMethod = (value: unknown): value is AuthenticationMethod =>
  (methods as readonly unknown[]).includes(value)

/** What a token of the pool says of its sign-in; a level under a name that the pool no longer has is none. */
export const provenByToken = (
  { acr, amr }: { readonly acr?: unknown; readonly amr?: unknown },
  { settings }: Pick<UserPool, 'settings'>,
): { readonly methods: readonly AuthenticationMethod[]; readonly level: AcrLevel | undefined } => ({
  methods: Array.isArray(amr) ? amr.filter(isMethod) : [],
  level: typeof acr === 'string' ? acrLevelNamed(acr, settings.AcrConfiguration) : undefined,
})
