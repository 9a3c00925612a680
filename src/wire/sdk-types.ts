// Request and answer types of an operation, taken from an AWS SDK package's own command classes.

/** The operations of an SDK package: every export `<Name>Command`. */
export type OperationNameOf<Sdk> = keyof {
  [Key in keyof Sdk as Key extends `${infer Name}Command` ? Name : never]: true
} &
  string

type CommandOf<Sdk, Name extends string> = `${Name}Command` extends keyof Sdk
  ? Sdk[`${Name}Command`] extends new (
      ...args: never
    ) => infer Instance
    ? Instance
    : never
  : never

export type RequestOf<Sdk, Name extends string> =
  CommandOf<Sdk, Name> extends { input: infer Request } ? Request : never

/** The answer without the SDK's own metadata. */
export type AnswerOf<Sdk, Name extends string> =
  CommandOf<Sdk, Name> extends {
    resolveMiddleware(...args: never): (...args: never) => Promise<{ output: infer Answer }>
  }
    ? Omit<Answer, '$metadata'>
    : never
