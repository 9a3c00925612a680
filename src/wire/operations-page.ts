// The reference page of operations, made from the models and from what is built: docs/reference/operations.md.
import { signatureOptional } from './dispatch.ts'
import type { OperationModel, ServiceModel } from './model.ts'

export type DocumentedService = {
  readonly title: string
  readonly model: ServiceModel
  isBuilt(operation: string): boolean
  /** Why an operation is not built; undefined for one that is. */
  whyNotBuilt?(operation: string): string | undefined
  /** Where an operation may run; absent for a service whose operations belong to a Region. */
  placementOf?(operation: string): string | undefined
  /** Why an error that the model lists for the operation never comes; undefined for one that can. */
  whyItNeverComes(operation: string, error: string): string | undefined
}

const placementWords: Readonly<Record<string, string>> = {
  primary: 'primary only',
  inactive: 'also on a secondary',
  active: 'also on an ACTIVE secondary',
  region: 'any Region',
}

/** What a request must bring. */
const calledWith = (name: string, { auth, input }: OperationModel, { shapes }: ServiceModel): string => {
  if (signatureOptional.has(name)) return 'signature or none'
  if (auth === 'sigv4') return 'signature'
  const { AccessToken, Session } = shapes[input ?? '']?.members ?? {}
  if (AccessToken === undefined) return 'no signature'
  return Session === undefined ? 'access token' : 'access token or session'
}

/** Reasons, numbered in the order in which they are first given. */
const createReasons = () => {
  const reasons: string[] = []
  return {
    reasons,
    numberOf: (reason: string): number => {
      if (!reasons.includes(reason)) reasons.push(reason)
      return reasons.indexOf(reason) + 1
    },
  }
}

const tableOf = (service: DocumentedService): string => {
  const { reasons, numberOf } = createReasons()
  const rows = Object.entries(service.model.operations).map(([name, operation]) => {
    const placement = service.placementOf?.(name) ?? 'region'
    const listed = [...operation.errors]
      .sort()
      .map((error) => ({ error, because: service.whyItNeverComes(name, error) }))
    const coming = listed.filter(({ because }) => because === undefined).map(({ error }) => error)
    const others = listed.flatMap(({ error, because }) =>
      because === undefined ? [] : [`${error} (${numberOf(because)})`],
    )
    const isBuilt = service.isBuilt(name)
    const whyNotBuilt = service.whyNotBuilt?.(name)
    const cells = [
      name,
      isBuilt ? 'yes' : `no${whyNotBuilt === undefined ? '' : ` (${numberOf(whyNotBuilt)})`}`,
      calledWith(name, operation, service.model),
      placementWords[placement] ?? placement,
      ...(isBuilt ? [coming.join(', '), others.join(', ')] : ['', '']),
    ]
    return `| ${cells.join(' | ')} |`
  })
  const builtCount = Object.keys(service.model.operations).filter((name) => service.isBuilt(name)).length
  return [
    `## ${service.title}`,
    '',
    `${builtCount} of ${rows.length} operations are built.`,
    '',
    '| operation | built | called with | runs | errors | errors of the model that never come, and why |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    ...reasons.map((reason, index) => `${index + 1}. ${reason}.`),
    '',
  ].join('\n')
}

/** Markdown. An operation that is not built answers HTTP 501 and names itself. */
export const operationsPage = (services: readonly DocumentedService[]): string =>
  [
    '# Operations',
    '',
    'Made by `npm run docs` from the API models, the operations that are declared, and what is known of their errors; a test holds it up to',
    'date, and others provoke each error that is said to come (`test/guarantees/operations-*.test.ts`).',
    '',
    'A request that needs a signature and has none ends in `MissingAuthenticationTokenException`, one that the policies of its access key',
    'do not allow in `AccessDeniedException`. On a secondary, what runs on the primary only ends in `OperationNotEnabledException`, naming',
    'the primary Region. An operation that is not built answers HTTP 501 `OperationNotImplementedException`, naming itself.',
    '',
    ...services.map(tableOf),
  ].join('\n')
