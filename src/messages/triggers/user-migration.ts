// The user migration trigger (developer guide, "Migrate user Lambda trigger").
import type { UserMigrationAnswer, UserMigrationCall } from '../../directory/triggers-port.ts'
import { flagIn, pairsIn, textIn } from './answer-fields.ts'
import { unrecognizable } from './call-function.ts'
import type { TriggerCall } from './trigger-event.ts'

export const userMigrationCall = (call: UserMigrationCall): TriggerCall => ({
  trigger: 'UserMigration',
  source: call.source,
  subject: call,
  request: {
    password: call.password,
    validationData: call.validationData,
    clientMetadata: call.clientMetadata,
  },
  response: {
    userAttributes: null,
    forceAliasCreation: null,
    enableSMSMFA: null,
    finalUserStatus: null,
    messageAction: null,
    desiredDeliveryMediums: null,
  },
})

export const userMigrationAnswer = (
  answer: Readonly<Record<string, unknown>>,
): UserMigrationAnswer | 'unknown' => {
  const userAttributes = pairsIn(answer, 'userAttributes')
  // "This field is required": a function that knows no such user leaves it out.
  if (Object.keys(userAttributes).length === 0) return 'unknown'
  const finalUserStatus = textIn(answer, 'finalUserStatus') ?? 'CONFIRMED'
  if (finalUserStatus !== 'CONFIRMED' && finalUserStatus !== 'RESET_REQUIRED') throw unrecognizable()
  return {
    userAttributes,
    finalUserStatus,
    forceAliasCreation: flagIn(answer, 'forceAliasCreation'),
    enableSmsMfa: flagIn(answer, 'enableSMSMFA'),
  }
}
