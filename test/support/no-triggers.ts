// The Triggers port of a Region in which no pool has any, for tests of other things.
import type { Triggers } from '../../src/directory/triggers-port.ts'

const none = (): Promise<undefined> => Promise.resolve(undefined)

export const noTriggers: Triggers = {
  preSignUp: none,
  postConfirmation: none,
  preAuthentication: none,
  postAuthentication: none,
  userMigration: () => Promise.resolve('none'),
  defineAuthChallenge: none,
  createAuthChallenge: none,
  verifyAuthChallengeResponse: none,
  tokenGeneration: none,
  inboundFederation: none,
}
