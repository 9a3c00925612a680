// The AWS JSON 1.1 protocol: from an HTTP request with X-Amz-Target to an operation of a service, and back.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import { createInputChecker } from './check-shape.ts'
import type { ClientAddress } from './client-address.ts'
import { createOutputEncoder } from './encode-output.ts'
import { Fault, isFault } from './fault.ts'
import type { ServiceModel } from './model.ts'
import { readBody } from './request-body.ts'
import type { Caller, CredentialLookup, Service } from './service.ts'
import { verifySignature } from './sigv4.ts'

/** A style of managed login with its images is the largest request. */
const bodyBytesMax = 3 * 1024 * 1024
const attemptsMax = 8
const contentType = 'application/x-amz-json-1.1'

/** Operations that are taken signed and unsigned (models/README: GetClientToken). */
export const signatureOptional: ReadonlySet<string> = new Set(['GetClientToken'])

/**
 * What a service answers when something failed that is not the caller's doing, and when writes kept colliding: of these names the first
 * that the operation's model lists, else the last.
 */
const failureCodes: Readonly<
  Record<string, { readonly internal: readonly string[]; readonly contended: readonly string[] }>
> = {
  'cognito-idp': {
    internal: ['InternalServerException', 'InternalErrorException'],
    contended: ['ConcurrentModificationException', 'TooManyRequestsException'],
  },
  kms: { internal: ['KMSInternalException'], contended: ['LimitExceededException'] },
  twinpool: { internal: ['InternalErrorException'], contended: ['TooManyRequestsException'] },
}

export type DispatcherOptions = {
  readonly services: readonly Service[]
  readonly credentials: CredentialLookup
  readonly region: string
  readonly clock: Clock
  readonly log: Logger
  readonly clientAddress: Pick<ClientAddress, 'of'>
  /** Whether the operation may simply run again from its reads (a Conflict of the store). */
  isRetryable(error: unknown): boolean
}

export type Dispatcher = { handle(request: IncomingMessage, response: ServerResponse): Promise<void> }

/** Amazon Cognito's endpoint lets browsers of any origin in. */
const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
}

/** The answer to a browser's preflight request. */
export const preflightHeaders = {
  ...corsHeaders,
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers':
    'authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-amz-target,x-amz-user-agent,x-amzn-platform-id,x-amzn-trace-id,amz-sdk-invocation-id,amz-sdk-request,cache-control',
  'access-control-max-age': '172800',
}

/** What HTTP can carry as it is in a header (RFC 9110 section 5.5), and proxies don't cut off. */
const isHeaderText = (text: string): boolean => /^[\x21-\x7e]([\x20-\x7e]{0,1022}[\x21-\x7e])?$/.test(text)

type Bound = {
  readonly service: Service
  check(shapeName: string, body: unknown): unknown
  encode(shapeName: string, output: unknown): unknown
}

const parseJson = (body: Buffer): unknown => {
  if (body.length === 0) return {}
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    throw new Fault('SerializationException', 'The request body is not valid JSON.')
  }
}

const codeFor = (
  failure: 'internal' | 'contended',
  model: ServiceModel | undefined,
  operation: string,
): string => {
  const codes = failureCodes[model?.service ?? '']?.[failure] ?? []
  const isKnown = model !== undefined && Object.hasOwn(model.operations, operation)
  const listed = isKnown ? model.operations[operation]?.errors : undefined
  return codes.find((code) => listed?.includes(code)) ?? codes.at(-1) ?? 'InternalErrorException'
}

const unknownOperation = (): Fault =>
  new Fault(
    'UnknownOperationException',
    'The operation that X-Amz-Target names is not known to this service.',
  )

export const createDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { log } = options
  const byPrefix = new Map<string, Bound>(
    options.services.map((service) => [
      service.model.targetPrefix,
      { service, check: createInputChecker(service.model), encode: createOutputEncoder(service.model) },
    ]),
  )

  const invoke = async (
    bound: Bound,
    operation: string,
    input: unknown,
    about: { readonly caller: Caller | undefined; readonly requestId: string; readonly sourceIp: string },
  ): Promise<unknown> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await bound.service.invoke({ operation, input, ...about })
      } catch (error) {
        if (!options.isRetryable(error)) throw error
        if (attempt === attemptsMax)
          throw new Fault(
            codeFor('contended', bound.service.model, operation),
            'Too many requests are changing the same resource.',
            { cause: error },
          )
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 ** attempt))
      }
    }
  }

  const answer = async (request: IncomingMessage, requestId: string): Promise<unknown> => {
    const [prefix = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.')
    const bound = byPrefix.get(prefix)
    if (bound === undefined) throw unknownOperation()
    const { model } = bound.service
    const known = Object.hasOwn(model.operations, operation) ? model.operations[operation] : undefined
    const body = await readBody(request, bodyBytesMax)
    if (known === undefined) throw unknownOperation()
    const isSigned = request.headers.authorization !== undefined
    const needsSignature = known.auth === 'sigv4' && (isSigned || !signatureOptional.has(operation))
    const caller = needsSignature
      ? await verifySignature({
          request,
          body,
          region: options.region,
          service: model.signingName,
          credentials: options.credentials,
          clock: options.clock,
        })
      : undefined
    if (!bound.service.isBuilt(operation))
      throw new Fault(
        'OperationNotImplementedException',
        bound.service.whyNotBuilt?.(operation) ?? `The operation ${operation} is not built yet.`,
        { status: 501 },
      )
    const input = known.input === null ? {} : bound.check(known.input, parseJson(body))
    const output = await invoke(bound, operation, input, {
      caller,
      requestId,
      sourceIp: options.clientAddress.of(request),
    })
    return known.output === null ? undefined : bound.encode(known.output, output)
  }

  /** The one place that decides what of an error leaves. */
  const publicFault = (error: unknown, request: IncomingMessage, requestId: string): Fault => {
    if (isFault(error)) {
      if (error.status >= 500 && error.status !== 501)
        log.error({ err: error.cause ?? error, requestId }, error.message)
      return error
    }
    const target = String(request.headers['x-amz-target'] ?? '')
    log.error({ err: error, requestId, target: target.slice(0, 128) }, 'an operation failed')
    const [prefix = '', operation = ''] = target.split('.')
    return new Fault(
      codeFor('internal', byPrefix.get(prefix)?.service.model, operation),
      'We encountered an internal error. Please try again.',
      { status: 500, cause: error },
    )
  }

  const send = (
    response: ServerResponse,
    status: number,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): void => {
    if (response.destroyed) return
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      ...corsHeaders,
      ...headers,
    })
    response.end(body)
  }

  return {
    handle: async (request, response) => {
      const requestId = randomUUID()
      try {
        const output = await answer(request, requestId)
        send(response, 200, output === undefined ? '{}' : JSON.stringify(output), {
          'x-amzn-RequestId': requestId,
        })
      } catch (error) {
        const fault = publicFault(error, request, requestId)
        send(
          response,
          fault.status,
          JSON.stringify({ __type: fault.code, message: fault.message, ...fault.details }),
          {
            'x-amzn-RequestId': requestId,
            'x-amzn-ErrorType': fault.code,
            ...(isHeaderText(fault.message) ? { 'x-amzn-ErrorMessage': fault.message } : {}),
            // What was not read of a refused body must not be taken for the next request.
            ...(request.complete ? {} : { connection: 'close' }),
          },
        )
      }
    },
  }
}
