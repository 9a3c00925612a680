// The operations of signing up that are built.
import type { AnyOperation } from '../../operation.ts'
import { confirmSignUp } from './confirm-sign-up.ts'
import { resendConfirmationCode } from './resend-confirmation-code.ts'
import { signUp } from './sign-up.ts'

export const signUpOperations: readonly AnyOperation[] = [confirmSignUp, resendConfirmationCode, signUp]
