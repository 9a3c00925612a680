// The shape of an API model file (models/*.json) and how it is loaded.
import { readFileSync } from 'node:fs'

export type ShapeReference = { readonly shape: string }

export type Shape = {
  readonly type:
    | 'structure'
    | 'list'
    | 'map'
    | 'string'
    | 'number'
    | 'integer'
    | 'long'
    | 'boolean'
    | 'timestamp'
    | 'blob'
    | 'document'
  readonly members?: Readonly<Record<string, ShapeReference>>
  readonly required?: readonly string[]
  readonly member?: ShapeReference
  readonly key?: ShapeReference
  readonly value?: ShapeReference
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: boolean
  readonly timestamp?: string
  readonly error?: {
    readonly code: string
    readonly fault: string
    readonly httpStatus: number
    readonly docHttpStatus?: number
  }
}

export type OperationModel = {
  readonly input: string | null
  readonly output: string | null
  readonly errors: readonly string[]
  readonly auth: 'sigv4' | 'none'
}

export type ServiceModel = {
  readonly service: string
  readonly signingName: string
  readonly apiVersion: string
  readonly targetPrefix: string
  readonly operations: Readonly<Record<string, OperationModel>>
  readonly shapes: Readonly<Record<string, Shape>>
}

const modelsFolder = new URL('../../models/', import.meta.url)

/** Where a model is stricter than the service that it describes: shapes by service, each with what replaces its constraints. */
const corrections: Readonly<Record<string, Readonly<Record<string, Partial<Shape>>>>> = {
  'cognito-idp': {
    // The flow that GetClientToken belongs to, which the published list leaves out.
    ExplicitAuthFlowsType: {
      enum: [
        'ADMIN_NO_SRP_AUTH',
        'CUSTOM_AUTH_FLOW_ONLY',
        'USER_PASSWORD_AUTH',
        'ALLOW_ADMIN_USER_PASSWORD_AUTH',
        'ALLOW_CUSTOM_AUTH',
        'ALLOW_USER_PASSWORD_AUTH',
        'ALLOW_USER_SRP_AUTH',
        'ALLOW_REFRESH_TOKEN_AUTH',
        'ALLOW_USER_AUTH',
        'ALLOW_CLIENT_TOKEN_AUTH',
      ],
    },
    // CreateUserPoolDomain takes custom domains (`auth.example.com`) too, which the published pattern of prefix domains leaves out.
    DomainType: { max: 253, pattern: '[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?' },
  },
}

/** Reads `models/<name>.json`. */
export const loadModel = (name: 'cognito-idp' | 'kms' | 'twinpool'): ServiceModel => {
  const model = JSON.parse(readFileSync(new URL(`${name}.json`, modelsFolder), 'utf8')) as ServiceModel
  const shapes: Record<string, Shape> = { ...model.shapes }
  for (const [shapeName, correction] of Object.entries(corrections[name] ?? {})) {
    const published = shapes[shapeName]
    if (published === undefined) throw new Error(`the model of ${name} has no shape ${shapeName} to correct`)
    shapes[shapeName] = { ...published, ...correction }
  }
  return { ...model, shapes }
}
