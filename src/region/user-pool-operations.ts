// Every user-pool operation that is built, from the folders that hold them.

import type { AnyOperation } from '../directory/operation.ts'
import { brandingOperations } from '../directory/operations/branding/operations.ts'
import { certificateOperations } from '../directory/operations/certificate/operations.ts'
import { clientOperations } from '../directory/operations/client/operations.ts'
import { domainOperations } from '../directory/operations/domain/operations.ts'
import { groupOperations } from '../directory/operations/group/operations.ts'
import { identityProviderOperations } from '../directory/operations/identity-provider/operations.ts'
import { importOperations } from '../directory/operations/import/operations.ts'
import { limitOperations } from '../directory/operations/limit/operations.ts'
import { linkingOperations } from '../directory/operations/linking/operations.ts'
import { logDeliveryOperations } from '../directory/operations/log-delivery/operations.ts'
import { poolOperations } from '../directory/operations/pool/operations.ts'
import { resourceServerOperations } from '../directory/operations/resource-server/operations.ts'
import { riskOperations } from '../directory/operations/risk/operations.ts'
import { signUpOperations } from '../directory/operations/sign-up/operations.ts'
import { tagOperations } from '../directory/operations/tag/operations.ts'
import { termsOperations } from '../directory/operations/terms/operations.ts'
import { userOperations } from '../directory/operations/user/operations.ts'
import { operationRegistry } from '../directory/registry.ts'
import { signinOperations } from '../signin/operations/operations.ts'
import { recordedOperation } from '../signin/threat/recorded-operation.ts'

/** By name, together with those of replication, which need a Region's replication to be made. */
export const userPoolOperations = (
  replicationOperations: readonly AnyOperation[],
): ReadonlyMap<string, AnyOperation> =>
  operationRegistry(
    poolOperations,
    clientOperations,
    resourceServerOperations,
    domainOperations,
    tagOperations,
    userOperations.map(recordedOperation),
    groupOperations,
    identityProviderOperations,
    brandingOperations,
    termsOperations,
    riskOperations,
    logDeliveryOperations,
    certificateOperations,
    limitOperations,
    linkingOperations,
    importOperations,
    signUpOperations.map(recordedOperation),
    signinOperations.map(recordedOperation),
    replicationOperations,
  )
