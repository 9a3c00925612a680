// The pool that the demo sets up, as its steps hand it on.
import { randomBytes } from 'node:crypto'

export type DemoUser = { readonly username: string; readonly password: string }

export type DemoPool = {
  readonly poolId: string
  /** The issuer that all Regions share. */
  readonly issuer: string
  /** App client of a web or mobile application: no secret. */
  readonly appClientId: string
  /** App client of a machine. */
  readonly machineClientId: string
  readonly machineClientSecret: string
  readonly users: readonly [DemoUser, DemoUser]
}

export const groupName = 'editors'
export const resourceServer = {
  Identifier: 'orders',
  Name: 'Orders',
  Scopes: [{ ScopeName: 'read', ScopeDescription: 'Read orders' }],
}
export const machineScope = 'orders/read'

/** Made up for each run: nothing in the demo is a well-known secret. */
export const makeUser = (name: string): DemoUser => ({
  username: name,
  password: `Aa1!${randomBytes(12).toString('base64url')}`,
})
