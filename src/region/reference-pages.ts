// The generated reference pages, by file name: what docs/reference/ must hold.
import { readFileSync } from 'node:fs'
import { whyKeyOperationIsNotBuilt } from '../keys/not-there.ts'
import { keyOperations } from '../keys/operations/registry.ts'
import { replicationOperationNames } from '../replication/operations/replication-operations.ts'
import { loadModel } from '../wire/model.ts'
import { operationsPage } from '../wire/operations-page.ts'
import { whyItNeverComes } from './errors-that-never-come.ts'
import { userPoolOperations } from './user-pool-operations.ts'

const placementsFile = new URL('../../models/secondary-operations.json', import.meta.url)

/** Markdown by file name. */
export const referencePages = (): Readonly<Record<string, string>> => {
  const { operations: placements } = JSON.parse(readFileSync(placementsFile, 'utf8')) as {
    operations: Readonly<Record<string, string>>
  }
  const userPool = new Set([...userPoolOperations([]).keys(), ...replicationOperationNames])
  const keys = new Set(keyOperations.map(({ name }) => name))
  return {
    'operations.md': operationsPage([
      {
        title: 'User pools (cognito-idp)',
        model: loadModel('cognito-idp'),
        isBuilt: (name) => userPool.has(name),
        placementOf: (name) => placements[name],
        whyItNeverComes: (name, error) => whyItNeverComes('cognito-idp', name, error),
      },
      {
        title: 'Keys (kms)',
        model: loadModel('kms'),
        isBuilt: (name) => keys.has(name),
        whyNotBuilt: (name) => whyKeyOperationIsNotBuilt[name],
        whyItNeverComes: (name, error) => whyItNeverComes('kms', name, error),
      },
    ]),
  }
}
