// Step 3: a person and a machine get tokens where everything is well.
import { type DemoPool, groupName, machineScope } from './pool.ts'
import { machineToken, signInWithSrp, type Tokens } from './sign-in.ts'
import type { Prove, Stage } from './stage.ts'
import { expectThat } from './until.ts'
import { expectClaim, verifyFresh } from './verify.ts'

export type FirstTokens = {
  readonly ana: Tokens
  readonly ben: Tokens
  readonly anaSub: unknown
}

export const signInAtPrimary = async (stage: Stage, pool: DemoPool, prove: Prove): Promise<FirstTokens> => {
  const { origin, region } = stage.primary
  const [anaUser, benUser] = pool.users
  const ana = await signInWithSrp(origin, pool, anaUser)
  const ben = await signInWithSrp(origin, pool, benUser)
  prove(`${anaUser.username} and ${benUser.username} sign in at ${region} with SRP`)

  const machine = await machineToken(origin, pool)
  prove('the machine gets a client_credentials token')

  const [id, access, ofMachine] = await verifyFresh(pool.issuer, [ana.idToken, ana.accessToken, machine])
  expectClaim(id, 'aud', pool.appClientId)
  expectClaim(access, 'client_id', pool.appClientId)
  expectClaim(ofMachine, 'client_id', pool.machineClientId)
  expectClaim(ofMachine, 'scope', machineScope)
  const groups = access?.['cognito:groups']
  expectThat(Array.isArray(groups) && groups.includes(groupName), 'The access token does not name the group.')
  prove(`all verify with aws-jwt-verify against ${pool.issuer}`)
  return { ana, ben, anaSub: access?.sub }
}
