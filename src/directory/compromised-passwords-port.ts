// The port to the operator's list of passwords that are known elsewhere.

export type CompromisedPasswords = {
  has(password: string): boolean
}
