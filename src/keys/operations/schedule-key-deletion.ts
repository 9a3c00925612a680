// ScheduleKeyDeletion: after 7 to 30 days; a multi-Region primary waits for its replicas to go first.

import { Fault } from '../../wire/fault.ts'
import { keyMetadata } from '../key-metadata.ts'
import { findKey, keyArnOf, keyOperation, requireNotPendingDeletion } from '../key-operation.ts'

const windowDaysDefault = 30
const windowDaysMin = 7
const windowDaysMax = 30
const dayMs = 86_400_000

export const scheduleKeyDeletion = keyOperation({
  name: 'ScheduleKeyDeletion',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:ScheduleKeyDeletion', context)
    const key = stored.value
    requireNotPendingDeletion(key, context)
    const windowDays = input.PendingWindowInDays ?? windowDaysDefault
    if (windowDays < windowDaysMin || windowDays > windowDaysMax)
      throw new Fault(
        'ValidationException',
        `PendingWindowInDays must be between ${windowDaysMin} and ${windowDaysMax}.`,
      )
    const hasReplicas =
      key.multiRegion?.primaryRegion === context.region && key.multiRegion.replicaRegions.length > 0
    const deletion = hasReplicas
      ? { windowDays }
      : { windowDays, atMs: context.clock.now() + windowDays * dayMs }
    const deleted = { ...key, isEnabled: false, deletion }
    await context.records.keys.replace(stored, deleted)
    const { KeyState, DeletionDate } = keyMetadata(deleted, context)
    return { KeyId: keyArnOf(key.keyId, context), KeyState, DeletionDate, PendingWindowInDays: windowDays }
  },
})
