// The operations on a pool's certificate that are built.
import type { AnyOperation } from '../../operation.ts'
import { getSigningCertificate } from './get-signing-certificate.ts'

export const certificateOperations: readonly AnyOperation[] = [getSigningCertificate]
