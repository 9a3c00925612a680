// An error that an API model lists and that no request to Twinpool gets, and why.

export type NeverComing = {
  readonly error: string
  /** All that list the error, unless said. */
  readonly operations?: readonly string[]
  readonly because: string
}
