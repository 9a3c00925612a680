// Checks tokens as a resource server does: with aws-jwt-verify, against the keys of the issuer that all Regions share.
import { JwtVerifier } from 'aws-jwt-verify'
import { expectThat } from './until.ts'

export type Claims = { readonly [name: string]: unknown }

/** Verifies them with a verifier that has no keys yet, so that the issuer must answer now. Rejects when one doesn't verify. */
export const verifyFresh = async (issuer: string, tokens: readonly string[]): Promise<readonly Claims[]> => {
  // Cognito's access tokens have no audience; who a token is for is checked below by its client.
  const verifier = JwtVerifier.create({ issuer, audience: null, jwksUri: `${issuer}/.well-known/jwks.json` })
  return Promise.all(tokens.map((token) => verifier.verify(token)))
}

/** Throws CliFailure unless the claim has this value. */
export const expectClaim = (claims: Claims | undefined, name: string, value: unknown): void =>
  expectThat(
    claims?.[name] === value,
    `The claim ${name} is ${JSON.stringify(claims?.[name])}, not ${JSON.stringify(value)}.`,
  )
