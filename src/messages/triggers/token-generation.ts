// The pre token generation trigger in its three versions (developer guide, "Pre token generation Lambda trigger").
import type {
  ClaimChanges,
  GroupConfiguration,
  TokenChanges,
  TokenGenerationCall,
} from '../../directory/triggers-port.ts'
import { listIn, objectIn, pairsIn, textIn } from './answer-fields.ts'
import { unrecognizable } from './call-function.ts'
import { attributesInEvent, type TriggerCall } from './trigger-event.ts'

type Answer = Readonly<Record<string, unknown>>

/** Version 1 knows nothing of access tokens and machines. */
export const isInVersion = (version: string, { source }: TokenGenerationCall): boolean =>
  source !== 'ClientCredentials' || version === '3'

const answerMember = (version: string): string =>
  version === '1' ? 'claimsOverrideDetails' : 'claimsAndScopeOverrideDetails'

export const tokenGenerationCall = (version: string, call: TokenGenerationCall): TriggerCall => {
  const { source, user, clientId, clientMetadata, groups, scopes } = call
  return {
    trigger: 'PreTokenGeneration',
    source,
    subject: { username: user?.username ?? clientId ?? '', clientId, clientMetadata },
    request: {
      userAttributes: user === undefined ? {} : attributesInEvent(user),
      groupConfiguration: groups,
      ...(version === '1' ? {} : { scopes }),
      clientMetadata,
    },
    response: { [answerMember(version)]: null },
  }
}

/** Version 1 takes texts only; later ones take any JSON ("Accepted data types"). */
const claimChanges = (version: string, answer: Answer): ClaimChanges => ({
  add: version === '1' ? pairsIn(answer, 'claimsToAddOrOverride') : objectIn(answer, 'claimsToAddOrOverride'),
  suppress: listIn(answer, 'claimsToSuppress'),
})

/** A member that is there replaces the groups, also when it is null or empty; one that isn't leaves them alone. */
const groupChanges = (details: Answer): { readonly groups?: GroupConfiguration } => {
  if (!('groupOverrideDetails' in details)) return {}
  const answer = objectIn(details, 'groupOverrideDetails')
  return {
    groups: {
      groupsToOverride: listIn(answer, 'groupsToOverride'),
      iamRolesToOverride: listIn(answer, 'iamRolesToOverride'),
      preferredRole: textIn(answer, 'preferredRole'),
    },
  }
}

export const tokenChangesIn = (version: string, answer: Answer): TokenChanges => {
  const details = objectIn(answer, answerMember(version))
  const none: ClaimChanges = { add: {}, suppress: [] }
  const noScopes = { scopesToAdd: [], scopesToSuppress: [] }
  if (version === '1')
    return {
      idToken: claimChanges(version, details),
      accessToken: { ...none, ...noScopes },
      ...groupChanges(details),
    }
  const accessToken = objectIn(details, 'accessTokenGeneration')
  const changes: TokenChanges = {
    idToken: claimChanges(version, objectIn(details, 'idTokenGeneration')),
    accessToken: {
      ...claimChanges(version, accessToken),
      scopesToAdd: listIn(accessToken, 'scopesToAdd'),
      scopesToSuppress: listIn(accessToken, 'scopesToSuppress'),
    },
    ...groupChanges(details),
  }
  // RFC 6749 section 3.3: a scope is one word.
  if (changes.accessToken.scopesToAdd.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))
    throw unrecognizable()
  return changes
}
