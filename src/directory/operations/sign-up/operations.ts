// The operations of signing up that are built.
import type { AnyOperation } from '../../operation.ts'
import { signUp } from './sign-up.ts'

export const signUpOperations: readonly AnyOperation[] = [signUp]
