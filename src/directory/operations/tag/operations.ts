// The operations on tags.
import type { AnyOperation } from '../../operation.ts'
import { listTagsForResource } from './list-tags-for-resource.ts'
import { tagResource } from './tag-resource.ts'
import { untagResource } from './untag-resource.ts'

export const tagOperations: readonly AnyOperation[] = [tagResource, untagResource, listTagsForResource]
