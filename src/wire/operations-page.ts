// The reference page of operations, made from the models and from what is built: docs/reference/operations.md.
import type { ServiceModel } from './model.ts'

export type DocumentedService = {
  readonly title: string
  readonly model: ServiceModel
  isBuilt(operation: string): boolean
  /** Where an operation may run; absent for a service whose operations belong to a Region. */
  placementOf?(operation: string): string | undefined
}

const placementWords: Readonly<Record<string, string>> = {
  primary: 'primary only',
  inactive: 'also on a secondary',
  active: 'also on an ACTIVE secondary',
  region: 'any Region',
}

const tableOf = (service: DocumentedService): string => {
  const rows = Object.entries(service.model.operations).map(([name, { auth, errors }]) => {
    const placement = service.placementOf?.(name) ?? 'region'
    return `| ${name} | ${service.isBuilt(name) ? 'yes' : 'no'} | ${auth === 'none' ? 'nobody' : 'SigV4'} | ${placementWords[placement] ?? placement} | ${[...errors].sort().join(', ')} |`
  })
  const builtCount = Object.keys(service.model.operations).filter((name) => service.isBuilt(name)).length
  return [
    `## ${service.title}`,
    '',
    `${builtCount} of ${rows.length} operations are built.`,
    '',
    '| operation | built | signed by | runs | errors of the model |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

/** Markdown. An operation that is not built answers HTTP 501 and names itself. */
export const operationsPage = (services: readonly DocumentedService[]): string =>
  [
    '# Operations',
    '',
    'Made by `npm run docs` from the API models and the operations that are declared; a test holds it up to date.',
    'An operation that is not built answers HTTP 501 `OperationNotImplementedException`, naming itself.',
    '',
    ...services.map(tableOf),
  ].join('\n')
