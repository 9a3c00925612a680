// Calls any user-pool operation by its name through the AWS SDK.
import * as cognito from '@aws-sdk/client-cognito-identity-provider'
import type { Input, OperationName, Output } from '../../../src/directory/operation.ts'

export type Call = <Name extends OperationName>(name: Name, input: Input<Name>) => Promise<Output<Name>>

type AnyCommand = Parameters<cognito.CognitoIdentityProviderClient['send']>[0]

export const callerOf =
  (client: cognito.CognitoIdentityProviderClient): Call =>
  async (name, input) => {
    const Command = Reflect.get(cognito, `${name}Command`) as new (input: unknown) => AnyCommand
    return (await client.send(new Command(input))) as never
  }

/** The name and message of the error that a call ends in; `none` when it succeeds. */
export const refusalOf = async (
  call: Promise<unknown>,
): Promise<{ readonly name: string; readonly message: string }> => {
  try {
    await call
  } catch (error) {
    if (error instanceof Error) return { name: error.name, message: error.message }
    throw error
  }
  return { name: 'none', message: '' }
}

/** For members that the SDK's types leave open and that every answer has. */
export const required = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('the answer lacks a member that the test needs')
  return value
}

/** Calls again and again, whatever comes of it: until a limit is reached. */
export const tries = async (count: number, call: () => Promise<unknown>): Promise<void> => {
  for (let index = 0; index < count; index += 1) await refusalOf(call())
}
