// The operations on terms that are built.
import type { AnyOperation } from '../../operation.ts'
import { createTerms } from './create-terms.ts'
import { deleteTerms } from './delete-terms.ts'
import { describeTerms } from './describe-terms.ts'
import { describeTermsByClient } from './describe-terms-by-client.ts'
import { listTerms } from './list-terms.ts'
import { updateTerms } from './update-terms.ts'

export const termsOperations: readonly AnyOperation[] = [
  createTerms,
  updateTerms,
  deleteTerms,
  describeTerms,
  describeTermsByClient,
  listTerms,
]
